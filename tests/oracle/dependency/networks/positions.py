"""Units pass: activations, pooling, padding, interpolation, and tensors that only get another shape."""

import math

import torch
from torch import nn
from torch.nn import functional

from networks.kinds import FEATURES, MAPS, TOKENS, Layout, kind

ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid,
               nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.Tanh, nn.PReLU)


class Lambda(nn.Module):
    """The base of modules without parameters."""


class Arithmetic(Lambda):
    def forward(self, x):
        return (2 * x - 0.5) / 3 + (1 - x.neg()).abs().to(x.dtype)


class Scaled(nn.Module):
    """A factor for each unit, as in LayerScale, and a learned shift."""

    def __init__(self, units):
        super().__init__()
        self.factor = nn.Parameter(torch.rand(units))
        self.shift = nn.Parameter(torch.rand(units))

    def forward(self, x):
        return x * self.factor + self.shift


class MaskedFill(Lambda):
    def forward(self, x):
        mask = torch.zeros_like(x)
        mask.select(1, 0).fill_(1.0)
        return torch.where(mask > 0.5, x * 0.5, x.masked_fill(mask > 0.5, 0.25))


@kind("activation", FEATURES, TOKENS, MAPS)
def activation(rng, layout):
    return rng.choice(ACTIVATIONS)(), layout


@kind("dropout", FEATURES, TOKENS, MAPS)
def dropout(_, layout):
    return nn.Dropout(0.3), layout


@kind("softmax", FEATURES, TOKENS, MAPS)
def softmax(rng, layout):
    axis = 1 if layout.form == MAPS else -1
    return rng.choice((nn.Softmax, nn.LogSoftmax))(axis), layout


@kind("scalar arithmetic", FEATURES, TOKENS, MAPS)
def arithmetic(_, layout):
    return Arithmetic(), layout


@kind("factor for each unit", FEATURES, TOKENS)
def scaled(_, layout):
    return Scaled(layout.units), layout


@kind("masks", FEATURES, TOKENS, MAPS)
def masks(_, layout):
    return MaskedFill(), layout


POOLS = {"max": (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), "average": (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)}
ADAPTIVE_POOLS = {"max": (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
                  "average": (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)}


@kind("pooling", MAPS)
def pooling(rng, layout):
    if min(layout.sizes) < 4:
        return None
    return POOLS[rng.choice(("max", "average"))][len(layout.sizes) - 1](2), layout.sized(
        size // 2 for size in layout.sizes)


@kind("adaptive pooling", MAPS)
def adaptive_pooling(rng, layout):
    size = rng.choice((2, 3))
    pool = ADAPTIVE_POOLS[rng.choice(("max", "average"))][len(layout.sizes) - 1]
    return pool(size), layout.sized(size for _ in layout.sizes)


class Pad(nn.Module):
    def __init__(self, axes: int, mode: str):
        super().__init__()
        self.sizes = [1, 1] * axes
        self.mode = mode

    def forward(self, x):
        if self.mode == "constant":
            return functional.pad(x, self.sizes, mode="constant", value=0.5)
        return functional.pad(x, self.sizes, mode=self.mode)


@kind("padding", MAPS)
def padding(rng, layout):
    if min(layout.sizes) < 2:
        return None
    mode = rng.choice(("constant", "reflect", "replicate"))
    return Pad(len(layout.sizes), mode), layout.sized(size + 2 for size in layout.sizes)


@kind("interpolation", MAPS)
def interpolation(rng, layout):
    if max(layout.sizes) > 5:
        return None
    modes = ("nearest", ("linear", "bilinear", "trilinear")[len(layout.sizes) - 1])
    return nn.Upsample(scale_factor=2, mode=rng.choice(modes)), layout.sized(2 * size for size in layout.sizes)


class Reduced(nn.Module):
    """The mean, sum or maximum over all positions."""

    def __init__(self, axes: int, how: str):
        super().__init__()
        self.axes = list(range(2, 2 + axes)) if axes > 0 else [1]
        self.how = how

    def forward(self, x):
        if self.how == "mean":
            return x.mean(self.axes)
        return x.sum(self.axes) if self.how == "sum" else torch.amax(x, self.axes)


@kind("mean over positions", MAPS, TOKENS)
def reduced(rng, layout):
    axes = len(layout.sizes) if layout.form == MAPS else 0
    return Reduced(axes, rng.choice(("mean", "sum", "max"))), Layout(FEATURES, layout.units)


class View(Lambda):
    def forward(self, x):
        return x.reshape(x.size(0), -1) if x.dim() > 3 else x.contiguous().view(x.shape[0], -1)


@kind("flatten", MAPS, TOKENS)
def flatten(rng, layout):
    features = layout.units
    for size in layout.sizes:
        features *= size
    return (rng.choice((nn.Flatten(), View())), Layout(FEATURES, features)) if features <= 64 else None


@kind("unflatten", MAPS, TOKENS)
def unflatten(rng, layout):
    return nn.Sequential(rng.choice((nn.Flatten(), View())), nn.Unflatten(1, layout.shape)), layout


class ThereAndBack(Lambda):
    """Views and permutations that cancel each other."""

    def forward(self, x):
        shape = x.size()
        x = x.flatten(1).view(x.size(0), 2, -1).permute(0, 2, 1).unsqueeze(1)
        return x.squeeze(1).transpose(1, 2).reshape(shape)


@kind("permute and view", FEATURES, MAPS, TOKENS)
def there_and_back(_, layout):
    return (ThereAndBack(), layout) if math.prod(layout.shape) % 2 == 0 else None


class RollAndFlip(Lambda):
    def forward(self, x):
        return torch.flip(torch.roll(x, 1, 1), [-1])


@kind("roll and flip", FEATURES, MAPS, TOKENS)
def roll_and_flip(_, layout):
    return RollAndFlip(), layout


class MapsToTokens(Lambda):
    def forward(self, x):
        return x.flatten(2).transpose(1, 2)


class TokensToMaps(Lambda):
    def forward(self, x):
        return x.permute(0, 2, 1)


@kind("tokens of maps", MAPS)
def maps_to_tokens(_, layout):
    tokens = 1
    for size in layout.sizes:
        tokens *= size
    return (MapsToTokens(), Layout(TOKENS, layout.units, (tokens,))) if 2 <= tokens <= 9 else None


@kind("maps of tokens", TOKENS)
def tokens_to_maps(_, layout):
    return TokensToMaps(), Layout(MAPS, layout.units, layout.sizes)


class LastToken(Lambda):
    def forward(self, x):
        return x[:, -1]


@kind("one position", TOKENS)
def last_token(_, layout):
    return LastToken(), Layout(FEATURES, layout.units)


class SomePositions(Lambda):
    def forward(self, x):
        return x[:, 1:]


@kind("slice of positions", TOKENS)
def some_positions(_, layout):
    return (SomePositions(), layout.sized([layout.sizes[0] - 1])) if layout.sizes[0] > 2 else None


class ClassToken(nn.Module):
    """Learned positions, and a token that the network starts from."""

    def __init__(self, tokens, units):
        super().__init__()
        self.token = nn.Parameter(torch.rand(1, 1, units))
        self.positions = nn.Parameter(torch.rand(1, tokens + 1, units))

    def forward(self, x):
        return torch.cat([self.token.expand(x.size(0), -1, -1), x], dim=1) + self.positions


@kind("class token", TOKENS)
def class_token(_, layout):
    return ClassToken(layout.sizes[0], layout.units), layout.sized([layout.sizes[0] + 1])
