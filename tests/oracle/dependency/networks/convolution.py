"""Convolutions of one, two and three axes. Every element of a kernel meets a position, so that none has no effect."""

from torch import nn

from networks.kinds import MAPS, kind

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def convolve(layout, units, kernel, padding=0, stride=1, dilation=1, **options):
    """A convolution and its output's layout, or None where the input is too small for all of the kernel."""
    reach = dilation * (kernel - 1) + 1
    if min(layout.sizes) < reach + stride:
        return None
    layer = CONVOLUTIONS[len(layout.sizes) - 1](
        layout.units, units, kernel, padding=padding, stride=stride, dilation=dilation, **options)
    return layer, layout.of(units).sized((size + 2 * padding - reach) // stride + 1 for size in layout.sizes)


@kind("convolution", MAPS)
def plain(rng, layout):
    kernel = rng.choice((1, 2, 3))
    return convolve(layout, rng.units(), kernel, padding=rng.randint(0, kernel // 2))


@kind("convolution, strided", MAPS)
def strided(rng, layout):
    return convolve(layout, rng.units(), 2, stride=2) if min(layout.sizes) >= 6 else None


@kind("convolution, dilated", MAPS)
def dilated(rng, layout):
    return convolve(layout, rng.units(), 2, dilation=2, padding=rng.randint(0, 1))


@kind("convolution, grouped", MAPS)
def grouped(rng, layout):
    if layout.units % 2:
        return None
    return convolve(layout, rng.units(), rng.choice((1, 3)), padding=1, groups=2)


@kind("convolution, depthwise", MAPS)
def depthwise(rng, layout):
    return convolve(layout, layout.units * rng.choice((1, 2)), 3, padding=1, groups=layout.units)


@kind("convolution, other padding", MAPS)
def padded(rng, layout):
    mode = rng.choice(("reflect", "replicate", "circular", "zeros"))
    made = convolve(layout, rng.units(), 3, padding=1, padding_mode=mode)
    if mode == "zeros" and made is not None:
        made[0].padding = "same"
    return made


@kind("convolution, transposed", MAPS)
def transposed(rng, layout):
    if min(layout.sizes) < 2 or max(layout.sizes) > 6 or layout.units % 2:
        return None
    units, stride, groups = rng.units(), rng.choice((1, 2)), rng.choice((1, 1, 2))
    layer = TRANSPOSED[len(layout.sizes) - 1](layout.units, units, 2, stride=stride, groups=groups)
    return layer, layout.of(units).sized((size - 1) * stride + 2 for size in layout.sizes)
