"""Branches that meet: units at the same index become one, or stand beside each other."""

import torch
from torch import nn
from torch.nn import functional

from networks.kinds import FEATURES, MAPS, TOKENS, Layout, kind
from networks.splits import UNIT_AXIS


def layer(layout, units):
    """A layer with weights that keeps all but the units."""
    if layout.form != MAPS:
        return nn.Linear(layout.units, units)
    return (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(layout.sizes) - 1](layout.units, units, 1)


class Residual(nn.Module):
    def __init__(self, branch, inplace: bool):
        super().__init__()
        self.branch = branch
        self.inplace = inplace

    def forward(self, x):
        y = self.branch(x)
        if self.inplace:
            y += x
            return y
        return x + y


class Dense(nn.Module):
    def __init__(self, branch, axis: int):
        super().__init__()
        self.branch = branch
        self.axis = axis

    def forward(self, x):
        return torch.cat([x, self.branch(x)], self.axis)


class Joined(nn.Module):
    def __init__(self, first, second, how: str):
        super().__init__()
        self.first = first
        self.second = second
        self.how = how

    def forward(self, x):
        a, b = self.first(x), self.second(x)
        if self.how == "difference":
            return a - b
        if self.how == "maximum":
            return torch.maximum(a, b)
        return a + 0.5 * b


class Gate(nn.Module):
    """Each unit has a gate of its own."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return x * torch.sigmoid(self.branch(x))


class Highway(nn.Module):
    """A gate chooses between a unit and a layer's."""

    def __init__(self, branch, gate):
        super().__init__()
        self.branch = branch
        self.gate = gate

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        return gate * self.branch(x) + (1 - gate) * x


class GatedLinearUnit(nn.Module):
    def __init__(self, layer, axis: int):
        super().__init__()
        self.layer = layer
        self.axis = axis

    def forward(self, x):
        return functional.glu(self.layer(x), self.axis)


class GeluGate(GatedLinearUnit):
    """As in transformers: chunk and multiply."""

    def forward(self, x):
        value, gate = self.layer(x).chunk(2, self.axis)
        return value * functional.gelu(gate)


class SqueezeAndExcitation(nn.Module):
    def __init__(self, units, hidden, axes: int):
        super().__init__()
        self.squeeze = nn.Linear(units, hidden)
        self.excite = nn.Linear(hidden, units)
        self.axes = list(range(2, 2 + axes))

    def forward(self, x):
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean(self.axes)))))
        for _ in self.axes:
            gate = gate.unsqueeze(-1)
        return x * gate


class LayerGate(nn.Module):
    """One gate for all units of a layer: it scales them, and is frozen."""

    frozen_methods = ("gate",)

    def __init__(self, units):
        super().__init__()
        self.layer = nn.Linear(units, 1)

    def gate(self, x):
        return torch.sigmoid(self.layer(x))

    def forward(self, x):
        return x * self.gate(x)


class AttentionPooling(nn.Module):
    frozen_methods = ("weights",)

    def __init__(self, units):
        super().__init__()
        self.weigh = nn.Linear(units, 1)

    def weights(self, x):
        return torch.softmax(self.weigh(x), 1)

    def forward(self, x):
        return (x * self.weights(x)).sum(1)


@kind("residual", FEATURES, TOKENS, MAPS)
def residual(rng, layout):
    branch = rng.branch(layout)
    return Residual(branch, rng.random() < 0.3), layout


@kind("dense connection", FEATURES, TOKENS, MAPS)
def dense(rng, layout):
    units = rng.units()
    if layout.units > 16:
        return None
    return Dense(layer(layout, units), UNIT_AXIS[layout.form]), layout.of(layout.units + units)


@kind("sum of branches", FEATURES, TOKENS, MAPS)
def joined(rng, layout):
    units = rng.units()
    branches = [nn.Sequential(rng.branch(layout), layer(layout, units)), layer(layout, units)]
    return Joined(*branches, rng.choice(("sum", "difference", "maximum"))), layout.of(units)


@kind("gate for each unit", FEATURES, TOKENS, MAPS)
def gate(rng, layout):
    if rng.random() < 0.5:
        return Gate(layer(layout, layout.units)), layout
    return Highway(layer(layout, layout.units), layer(layout, layout.units)), layout


@kind("gated linear unit", FEATURES, TOKENS, MAPS)
def gated_linear_unit(rng, layout):
    units = rng.units()
    module = rng.choice((GatedLinearUnit, GeluGate))
    return module(layer(layout, 2 * units), UNIT_AXIS[layout.form]), layout.of(units)


@kind("squeeze and excitation", MAPS)
def squeeze_and_excitation(rng, layout):
    return SqueezeAndExcitation(layout.units, rng.choice((2, 4)), len(layout.sizes)), layout


@kind("gate for a layer", FEATURES, TOKENS)
def layer_gate(_, layout):
    return LayerGate(layout.units), layout


@kind("attention pooling", TOKENS)
def attention_pooling(_, layout):
    return AttentionPooling(layout.units), Layout(FEATURES, layout.units)
