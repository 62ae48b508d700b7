"""Units are cut apart, put into another order, and joined to one tensor again."""

import torch
from torch import nn

from networks.kinds import FEATURES, MAPS, TOKENS, kind
from networks.positions import Lambda

UNIT_AXIS = {FEATURES: 1, TOKENS: 2, MAPS: 1}


class Chunks(nn.Module):
    """Two halves, one of which goes through a layer of its own."""

    def __init__(self, axis: int, layer):
        super().__init__()
        self.axis = axis
        self.layer = layer

    def forward(self, x):
        first, second = x.chunk(2, self.axis)
        return torch.cat([second, self.layer(first)], self.axis)


class UnevenSplit(Lambda):
    def __init__(self, axis: int, sizes):
        super().__init__()
        self.axis = axis
        self.sizes = list(sizes)

    def forward(self, x):
        parts = x.split(self.sizes, self.axis)
        return torch.cat([parts[2], parts[0], parts[1]], self.axis)


class Slices(Lambda):
    """Every other unit, by a slice."""

    def __init__(self, axis: int):
        super().__init__()
        self.axis = axis

    def forward(self, x):
        if self.axis == 1:
            return x[:, ::2]
        return x[:, :, ::2]


class Narrow(Lambda):
    def __init__(self, axis: int, units: int):
        super().__init__()
        self.axis = axis
        self.units = units

    def forward(self, x):
        return x.narrow(self.axis, 1, self.units)


class IndexSelect(nn.Module):
    """Some units, in another order, some of them twice."""

    def __init__(self, axis: int, index):
        super().__init__()
        self.axis = axis
        self.register_buffer("index", torch.tensor(index))

    def forward(self, x):
        return torch.index_select(x, self.axis, self.index)


class Indexed(IndexSelect):
    """The same by `x[:, index]`."""

    def forward(self, x):
        return x[:, self.index]


class Selects(Lambda):
    """Single units, stacked."""

    def __init__(self, axis: int):
        super().__init__()
        self.axis = axis

    def forward(self, x):
        return torch.stack([x.select(self.axis, 1), x.select(self.axis, 0), x.select(self.axis, 3)], self.axis)


class Unbound(Lambda):
    def __init__(self, axis: int):
        super().__init__()
        self.axis = axis

    def forward(self, x):
        parts = x.unbind(self.axis)
        return torch.stack([parts[2], parts[1], parts[0], parts[2]], self.axis)


class StackedBranches(nn.Module):
    """Two layers' outputs on an axis of their own, which is then joined with that of the units."""

    def __init__(self, units, outputs):
        super().__init__()
        self.first = nn.Linear(units, outputs)
        self.second = nn.Linear(units, outputs)

    def forward(self, x):
        return torch.stack([self.first(x), torch.relu(self.second(x))], -1).flatten(-2)


class ChannelShuffle(Lambda):
    """By view and transpose, as in ShuffleNet."""

    def forward(self, x):
        groups = x.view([x.size(0), 2, x.size(1) // 2] + list(x.shape[2:]))
        return groups.transpose(1, 2).contiguous().view(x.shape)


class WrittenInParts(nn.Module):
    """A tensor of zeros that two layers' outputs are written into."""

    def __init__(self, units, outputs):
        super().__init__()
        self.first = nn.Linear(units, outputs)
        self.second = nn.Linear(units, outputs)

    def forward(self, x):
        first = self.first(x)
        both = torch.zeros([first.size(0), 2 * first.size(1)], dtype=first.dtype)
        both[:, :first.size(1)] = first
        both[:, first.size(1):] = self.second(x)
        return both


@kind("chunk and cat", FEATURES, TOKENS, MAPS)
def chunks(rng, layout):
    if layout.units % 2:
        return None
    half, units = layout.units // 2, rng.units()
    layer = nn.Linear(half, units)
    if layout.form == MAPS:
        layer = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(layout.sizes) - 1](half, units, 1)
    return Chunks(UNIT_AXIS[layout.form], layer), layout.of(half + units)


@kind("split and cat", FEATURES, TOKENS, MAPS)
def uneven_split(_, layout):
    if layout.units < 3:
        return None
    return UnevenSplit(UNIT_AXIS[layout.form], [1, layout.units - 2, 1]), layout


@kind("slice of units", FEATURES, TOKENS, MAPS)
def slices(rng, layout):
    axis = UNIT_AXIS[layout.form]
    if layout.units < 6:
        return None
    if rng.random() < 0.5:
        return Slices(axis), layout.of((layout.units + 1) // 2)
    return Narrow(axis, layout.units - 2), layout.of(layout.units - 2)


@kind("index_select", FEATURES, TOKENS, MAPS)
def index_select(rng, layout):
    index = [rng.randrange(layout.units) for _ in range(4)]
    module = Indexed if layout.form != TOKENS and rng.random() < 0.5 else IndexSelect
    return module(UNIT_AXIS[layout.form], index), layout.of(4)


@kind("select and stack", FEATURES, TOKENS, MAPS)
def selects(rng, layout):
    if layout.units < 4:
        return None
    axis = UNIT_AXIS[layout.form]
    return (Selects(axis), layout.of(3)) if rng.random() < 0.5 else (Unbound(axis), layout.of(4))


@kind("stack", FEATURES, TOKENS)
def stacked(rng, layout):
    outputs = rng.choice((2, 3))
    return StackedBranches(layout.units, outputs), layout.of(2 * outputs)


@kind("channel shuffle", FEATURES, MAPS)
def channel_shuffle(_, layout):
    return (ChannelShuffle(), layout) if layout.units % 2 == 0 else None


@kind("writing into parts", FEATURES)
def written_in_parts(rng, layout):
    outputs = rng.choice((2, 3))
    return WrittenInParts(layout.units, outputs), layout.of(2 * outputs)


@kind("pixel shuffle", MAPS)
def pixel_shuffle(_, layout):
    if len(layout.sizes) != 2 or layout.units % 4 != 0 or max(layout.sizes) > 5:
        return None
    return nn.PixelShuffle(2), layout.of(layout.units // 4).sized(2 * size for size in layout.sizes)


@kind("pixel unshuffle", MAPS)
def pixel_unshuffle(_, layout):
    if len(layout.sizes) != 2 or any(size % 2 for size in layout.sizes) or min(layout.sizes) < 4:
        return None
    return nn.PixelUnshuffle(2), layout.of(layout.units * 4).sized(size // 2 for size in layout.sizes)
