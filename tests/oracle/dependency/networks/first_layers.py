"""Inputs of all forms, and the layers that read them."""

import dataclasses
from typing import Tuple

import torch
from torch import nn

from networks.convolution import convolve
from networks.kinds import FEATURES, MAPS, TOKENS, Layout

VOCABULARY = 7


@dataclasses.dataclass
class Input:
    """A network's input without its batch axis, and the axes of its units (of the tensor with the batch axis)."""

    shape: Tuple[int, ...]
    unit_axes: Tuple[int, ...]
    indices: bool = False


class Embedding(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, units)

    def forward(self, x):
        return self.table(x.to(torch.int64))


class ChannelsLast(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.permute(0, 3, 1, 2))


class NormalisedInput(nn.Module):
    def __init__(self, units, layer):
        super().__init__()
        self.register_buffer("mean", torch.rand(1, units, 1, 1))
        self.register_buffer("deviation", torch.rand(1, units, 1, 1) + 0.5)
        self.layer = layer

    def forward(self, x):
        return self.layer((x - self.mean) / self.deviation)


def first_layer(rng):
    """A first layer, its input, and the layout that it writes."""
    units, inputs = rng.units(), rng.choice((2, 3, 4))
    form = rng.choice(("features", "tokens", "tokens", "maps1", "maps2", "maps3", "pixels", "channels last",
                       "normalised", "indices"))
    if form == "features":
        return nn.Linear(6, units), Input((6,), (1,)), Layout(FEATURES, units)
    if form == "tokens":
        tokens = rng.choice((3, 4))
        return nn.Linear(inputs, units), Input((tokens, inputs), (2,)), Layout(TOKENS, units, (tokens,))
    if form == "indices":
        rng.kinds.append("embedding")
        return Embedding(units), Input((4,), (), indices=True), Layout(TOKENS, units, (4,))
    if form == "pixels":
        layer = nn.Sequential(nn.Flatten(), nn.Linear(12, units))
        return layer, Input((1, 3, 4), (1, 2, 3)), Layout(FEATURES, units)
    axes = int(form[4]) if form.startswith("maps") else 2
    sizes = ((9,), (6, 5), (4, 4, 4))[axes - 1]
    layer, layout = convolve(Layout(MAPS, inputs, sizes), units, rng.choice((2, 3)), padding=1)
    if form == "channels last":
        return ChannelsLast(layer), Input(sizes + (inputs,), (3,)), layout
    if form == "normalised":
        layer = NormalisedInput(inputs, layer)
    return layer, Input((inputs,) + sizes, (1,)), layout
