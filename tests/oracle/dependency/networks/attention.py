"""Attention in its spellings. The judge freezes what comes out where queries meet keys."""

import torch
from torch import nn

from networks.kinds import TOKENS, kind


class Written(nn.Module):
    """Heads, with projections of their own, and a causal mask."""

    def __init__(self, units, heads: int, outputs, masked: bool):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(units, units)
        self.key = nn.Linear(units, units)
        self.value = nn.Linear(units, units)
        self.out = nn.Linear(units, outputs)
        self.masked = masked

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def forward(self, x):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(q, k.transpose(-2, -1)) * 0.5
        if self.masked:
            mask = torch.ones([x.size(1), x.size(1)]).tril() > 0
            scores = scores.masked_fill(torch.logical_not(mask), -1e9)
        context = torch.matmul(torch.softmax(scores, -1), v)
        return self.out(context.transpose(1, 2).flatten(2))


class ByEinsum(Written):
    def forward(self, x):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        weights = torch.softmax(torch.einsum("bhid,bhjd->bhij", q, k), -1)
        context = torch.einsum("bhij,bhjd->bhid", weights, v)
        return self.out(context.permute(0, 2, 1, 3).reshape(x.size(0), x.size(1), -1))


class OneProjection(nn.Module):
    """Queries, keys and values from one layer, as in most vision transformers."""

    def __init__(self, units, heads: int, outputs):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(units, 3 * units, bias=False)
        self.out = nn.Linear(units, outputs)

    def forward(self, x):
        batch, tokens, units = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, units // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        weights = (q @ k.transpose(-2, -1)).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, tokens, units))


class OneHead(nn.Module):
    """Without heads, and with bmm."""

    def __init__(self, units, outputs):
        super().__init__()
        self.query = nn.Linear(units, 4)
        self.key = nn.Linear(units, 4)
        self.value = nn.Linear(units, outputs)

    def forward(self, x):
        weights = torch.softmax(torch.bmm(self.query(x), self.key(x).transpose(1, 2)), 2)
        return torch.bmm(weights, self.value(x))


class MultiHead(nn.Module):
    def __init__(self, units, heads, batch_first: bool):
        super().__init__()
        self.attention = nn.MultiheadAttention(units, heads, batch_first=batch_first)
        self.batch_first = batch_first

    def forward(self, x):
        if self.batch_first:
            return self.attention(x, x, x, need_weights=False)[0]
        x = x.transpose(0, 1)
        return self.attention(x, x, x)[0].transpose(0, 1)


class CrossAttention(nn.Module):
    """Queries from one layer, keys and values from another."""

    def __init__(self, units, heads):
        super().__init__()
        self.memory = nn.Linear(units, units)
        self.attention = nn.MultiheadAttention(units, heads, batch_first=True)

    def forward(self, x):
        memory = torch.relu(self.memory(x))
        return self.attention(x, memory, memory, need_weights=False)[0]


@kind("attention, written out", TOKENS)
def written(rng, layout):
    if layout.units % 2:  # for two heads
        return None
    units = rng.units()
    module = rng.choice((Written, ByEinsum))
    if layout.units == 2:  # einsum only multiplies where there is nothing to sum: queries and keys are not seen to meet
        module = Written
    return module(layout.units, 2, units, rng.random() < 0.5), layout.of(units)


@kind("attention, one projection", TOKENS)
def one_projection(rng, layout):
    if layout.units % 2:  # for two heads
        return None
    units = rng.units()
    return OneProjection(layout.units, 2, units), layout.of(units)


@kind("attention, one head", TOKENS)
def one_head(rng, layout):
    units = rng.units()
    return OneHead(layout.units, units), layout.of(units)


@kind("nn.MultiheadAttention", TOKENS)
def multi_head(rng, layout):
    if layout.units % 2:  # for two heads
        return None
    return MultiHead(layout.units, 2, rng.random() < 0.6), layout


@kind("nn.MultiheadAttention, cross", TOKENS)
def cross(_, layout):
    if layout.units % 2:  # for two heads
        return None
    return CrossAttention(layout.units, 2), layout


@kind("nn.TransformerEncoderLayer", TOKENS)
def encoder_layer(rng, layout):
    if layout.units % 2:  # for two heads
        return None
    layer = nn.TransformerEncoderLayer(layout.units, 2, 6, activation=rng.choice(("relu", "gelu")), batch_first=True,
                                       norm_first=rng.random() < 0.5)
    if rng.random() < 0.3:
        return nn.TransformerEncoder(layer, 2), layout
    return layer, layout
