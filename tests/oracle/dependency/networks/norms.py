"""Norms. What those that are written out compute from several units is frozen: `frozen_methods` names it."""

import torch
from torch import nn

from networks.kinds import FEATURES, MAPS, TOKENS, kind

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
INSTANCE_NORMS = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)


class RootMeanSquare(nn.Module):
    frozen_methods = ("factor",)

    def __init__(self, units):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(units))

    def factor(self, x):
        return torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)

    def forward(self, x):
        return x * self.factor(x) * self.gamma


class WrittenOut(nn.Module):
    """A layer norm."""

    frozen_methods = ("centre", "spread")

    def __init__(self, units):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(units))
        self.beta = nn.Parameter(torch.rand(units))

    def centre(self, x):
        return x.mean(-1, keepdim=True)

    def spread(self, x):
        return torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 1e-5)

    def forward(self, x):
        return (x - self.centre(x)) / self.spread(x) * self.gamma + self.beta


class OverChannels(nn.Module):
    """A layer norm of maps, over the channels of each position."""

    def __init__(self, units):
        super().__init__()
        self.norm = nn.LayerNorm(units)

    def forward(self, x):
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


class OfTokens(nn.Module):
    """A batch norm of tokens."""

    def __init__(self, units):
        super().__init__()
        self.norm = nn.BatchNorm1d(units)

    def forward(self, x):
        return self.norm(x.transpose(1, 2)).transpose(1, 2)


@kind("batch norm", FEATURES, TOKENS, MAPS)
def batch_norm(rng, layout):
    if layout.form == TOKENS:
        return OfTokens(layout.units), layout
    return BATCH_NORMS[max(len(layout.sizes) - 1, 0)](layout.units, affine=rng.random() < 0.8), layout


@kind("layer norm", FEATURES, TOKENS, MAPS)
def layer_norm(rng, layout):
    if layout.form == MAPS:
        over_all = nn.LayerNorm(layout.shape, elementwise_affine=False)
        return rng.choice((OverChannels(layout.units), over_all)), layout
    return nn.LayerNorm(layout.units), layout


@kind("layer norm, written out", FEATURES, TOKENS)
def written_out(_, layout):
    return WrittenOut(layout.units), layout


@kind("RMS norm, written out", FEATURES, TOKENS)
def root_mean_square(_, layout):
    return RootMeanSquare(layout.units), layout


@kind("group norm", FEATURES, MAPS)
def group_norm(rng, layout):
    groups = rng.choice((1, 2, layout.units if layout.form == MAPS and max(layout.sizes) > 1 else 1))
    return (nn.GroupNorm(groups, layout.units), layout) if layout.units % groups == 0 else None


@kind("instance norm", MAPS)
def instance_norm(rng, layout):
    if max(layout.sizes) == 1:  # without positions there are no statistics
        return None
    norm = INSTANCE_NORMS[len(layout.sizes) - 1]
    return norm(layout.units, affine=rng.random() < 0.7, track_running_stats=rng.random() < 0.3), layout
