"""Linear layers in all their spellings. Units lie along the last axis of features and tokens."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune

from networks.kinds import FEATURES, TOKENS, kind


class Weighted(nn.Module):
    """A weight and a bias that forward uses as it likes."""

    def __init__(self, *shape, bias=0):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(*shape))
        self.bias = nn.Parameter(torch.rand(bias))


class AddMatMul(Weighted):
    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight.t())


class AddToMatMul(Weighted):
    """addmm that adds another layer's output."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.other = nn.Linear(inputs, outputs)

    def forward(self, x):
        return torch.addmm(self.other(x), x, self.weight, beta=0.5, alpha=1.0)


class MatMul(Weighted):
    def forward(self, x):
        return x @ self.weight


class MatMulTransposed(Weighted):
    def forward(self, x):
        return torch.matmul(x, self.weight.t()) + self.bias


class MatMulFromLeft(Weighted):
    def forward(self, x):
        return torch.matmul(self.weight, x.transpose(-2, -1)).transpose(-2, -1)


class BatchedMatMul(Weighted):
    def forward(self, x):
        return torch.bmm(x, self.weight.unsqueeze(0).expand(x.size(0), -1, -1))


class AddBatchedMatMul(Weighted):
    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight.unsqueeze(0))


class EinsumOfFeatures(Weighted):
    def forward(self, x):
        return torch.einsum("bi,oi->bo", x, self.weight)


class EinsumOfTokens(Weighted):
    def forward(self, x):
        return torch.einsum("bti,oi->bto", x, self.weight)


class EinsumWithDots(Weighted):
    def forward(self, x):
        return torch.einsum("...i,io->...o", x, self.weight)


class GroupedEinsum(Weighted):
    """Each group of units has a matrix of its own."""

    def forward(self, x):
        groups, inputs = self.weight.size(0), self.weight.size(1)
        x = x.reshape(x.size(0), -1, groups, inputs)
        return torch.einsum("btgi,gio->btgo", x, self.weight).flatten(2)


class Masked(Weighted):
    """A weight that is computed from a parameter and a mask."""

    def __init__(self, outputs, inputs):
        super().__init__(outputs, inputs)
        self.register_buffer("mask", (torch.rand(outputs, inputs) < 0.6).double())

    def forward(self, x):
        return functional.linear(x, self.weight * self.mask)


class Tied(Weighted):
    """An autoencoder whose two layers have one weight."""

    def forward(self, x):
        return functional.linear(torch.relu(functional.linear(x, self.weight)), self.weight.t())


class Twice(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.layer = nn.Linear(units, units)

    def forward(self, x):
        return self.layer(torch.relu(self.layer(x)))


class Loop(nn.Module):
    """One layer in a loop: its units are the same ones each time, unless tracing or freezing unrolls the loop."""

    def __init__(self, units, unrolled):
        super().__init__()
        self.layer = nn.Linear(units, units)
        self.shares_units = not unrolled

    def forward(self, x):
        for _ in range(2):
            x = torch.relu(self.layer(x))
        return x


class ListOfLayers(nn.Module):
    def __init__(self, *units):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(inputs, outputs) for inputs, outputs in zip(units, units[1:]))

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x


class MixesPositions(nn.Module):
    """Linear layers along the axis of tokens, as in an MLP-Mixer."""

    mixes_positions = True

    def __init__(self, tokens, outputs):
        super().__init__()
        self.tokens = nn.Linear(tokens, outputs)

    def forward(self, x):
        return self.tokens(x.transpose(1, 2)).transpose(1, 2)


def plain(name, module, *forms, transposed=False, bias=False):
    """A kind whose module is given [out, in] or [in, out]."""

    def make(rng, layout):
        units = rng.units()
        shape = (layout.units, units) if transposed else (units, layout.units)
        return (module(*shape, bias=units) if bias else module(*shape)), layout.of(units)

    kind(name, *forms)(make)


plain("linear", nn.Linear, FEATURES, TOKENS, transposed=True)
plain("linear, addmm", AddMatMul, FEATURES, bias=True)
plain("linear, addmm of two layers", AddToMatMul, FEATURES, transposed=True)
plain("linear, x @ w", MatMul, FEATURES, TOKENS, transposed=True)
plain("linear, matmul(x, w.t())", MatMulTransposed, FEATURES, TOKENS, bias=True)
plain("linear, matmul(w, x)", MatMulFromLeft, FEATURES, TOKENS)
plain("linear, bmm", BatchedMatMul, TOKENS, transposed=True)
plain("linear, baddbmm", AddBatchedMatMul, TOKENS, transposed=True, bias=True)
plain("linear, einsum", EinsumOfFeatures, FEATURES)
plain("linear, einsum", EinsumOfTokens, TOKENS)
plain("linear, einsum with ...", EinsumWithDots, FEATURES, TOKENS, transposed=True)
plain("linear, masked weight", Masked, FEATURES, TOKENS)


@kind("linear, grouped einsum", TOKENS)
def grouped_einsum(rng, layout):
    if layout.units % 2 or layout.units == 2:  # einsum only multiplies where there is nothing to sum: no layer is seen
        return None
    outputs = rng.choice((2, 3))
    return GroupedEinsum(2, layout.units // 2, outputs), layout.of(2 * outputs)


@kind("weight norm", FEATURES, TOKENS, traced=True)
def weight_norm(rng, layout):
    units = rng.units()
    return nn.utils.weight_norm(nn.Linear(layout.units, units)), layout.of(units)


@kind("spectral norm", FEATURES, TOKENS, traced=True)
def spectral_norm(rng, layout):
    units = rng.units()
    layer = parametrizations.spectral_norm(nn.Linear(layout.units, units))
    layer.keeps_signs = True  # its norm is that of the weight as it is
    return layer, layout.of(units)


@kind("pruned weight", FEATURES, TOKENS, traced=True)
def pruned(rng, layout):
    units = rng.units()
    return prune.random_unstructured(nn.Linear(layout.units, units), "weight", 0.5), layout.of(units)


@kind("tied weights", FEATURES, TOKENS)
def tied(rng, layout):
    return Tied(rng.units(), layout.units), layout


@kind("layer called twice", FEATURES, TOKENS)
def twice(_, layout):
    return Twice(layout.units), layout


@kind("layer in a loop", FEATURES, TOKENS)
def loop(rng, layout):
    return Loop(layout.units, rng.saving != "scripted"), layout


@kind("ModuleList", FEATURES, TOKENS)
def module_list(rng, layout):
    units = [rng.units() for _ in range(rng.choice((2, 3)))]
    return ListOfLayers(layout.units, *units), layout.of(units[-1])


@kind("token mixing", TOKENS)
def token_mixing(rng, layout):
    tokens = rng.choice((3, 4))
    return MixesPositions(layout.sizes[0], tokens), layout.sized([tokens])
