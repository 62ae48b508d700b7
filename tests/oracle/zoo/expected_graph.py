"""Groups and blocks of a network, found from its Python modules and without the reader.

The network runs once in Python. Where a layer with weights is called, its output is replaced by numbers that come from
nowhere, so that what a later layer reads depends only on the outputs from which it is reached without passing weights.
Autograd then tells which unit of which layer reaches which position of the input, and two units that reach the same
position (they were added or multiplied there) are one. No operation between the layers has to be known, but for these:

- Norms, and activations that are flat somewhere, are taken for the identity.
- Linear layers that mix positions, which the network's author names, pass units as any other operation does.
- Attention weights (what softmax returns) are taken for constants. Before that, query and key are told from the
  derivative of the scores by one of them: it depends on the unit of the other one that it meets.
"""

import collections
import contextlib
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn import functional

IDENTITIES = ["relu", "relu6", "hardswish", "hardsigmoid", "batch_norm", "layer_norm"]
CONVOLUTIONS = ["conv2d", "conv_transpose2d"]

# What a tensor's positions along an axis mean.
Fresh = collections.namedtuple("Fresh", "tensor axis units")
# Units that came into being together.
Range = collections.namedtuple("Range", "name units")
# A weight that is applied: `parts` are pairs of units that are written and units that are read (-1: a constant).
Application = collections.namedtuple("Application", "layer weight parts")


class ExpectedGraph:
    """`groups` are [name, units] in order of execution; `blocks` maps a layer's name to the number of its blocks,
    `edges` to the number of pairs of units that its weights join, `weights` to the sum of their absolute values. The
    network is left in double precision."""

    def __init__(self, network, example, unit_axis, position_mixers=()):
        self._names = {id(weight): name for name, weight in network.named_parameters()}
        self._position_mixers = position_mixers
        self._parents = np.empty(0, int)
        self._ranges = []
        self._fresh = []
        self._applied = []
        with self._stand_ins():
            if example.is_floating_point():
                example = self._tensor("input", example.shape, unit_axis)
            outputs = network.double().eval()(example)
            self._read(outputs[0] if isinstance(outputs, tuple) else outputs, 1)
        self._summarise()

    def _stand_ins(self):
        """What is called in place of PyTorch's own functions meanwhile."""
        stack = contextlib.ExitStack()

        def replace(owner, name, function):
            stack.enter_context(mock.patch.object(owner, name, function))

        for name in IDENTITIES:
            replace(functional, name, lambda x, *_, **__: x.clone())
        replace(torch, "relu", torch.clone)
        for owner in (functional, torch):
            replace(owner, "softmax", self._attention_weights)
        for name in CONVOLUTIONS:
            replace(functional, name, self._convolution(getattr(functional, name)))
        replace(functional, "linear", self._linear(functional.linear))
        replace(functional, "embedding", self._embedding)
        for kind in (nn.LSTM, nn.GRU):
            replace(kind, "forward", lambda module, x: self._recurrent(module, x))
        return stack

    # Units

    def _range(self, name, count):
        units = np.arange(len(self._parents), len(self._parents) + count)
        self._parents = np.append(self._parents, units)
        self._ranges.append(Range(name, units))
        return units

    def _find(self, unit):
        while self._parents[unit] != unit:
            unit = self._parents[unit]
        return unit

    def _join(self, unit, other):
        first, last = sorted((self._find(unit), self._find(other)))
        self._parents[last] = first

    def _tensor(self, name, shape, axis, units=None):
        """A tensor of positive numbers from nowhere, whose positions along an axis are units: new ones, or these."""
        if units is None:
            units = self._range(name, shape[axis])
        tensor = (torch.rand(shape, dtype=torch.float64) + 0.5).requires_grad_()
        self._fresh.append(Fresh(tensor, axis % len(shape), units))
        return tensor.clone()

    def _read(self, tensor, axis):
        """The unit at each position along an axis (-1: none), after those that share a position were made one."""
        found = np.full(tensor.shape[axis], -1)
        if not tensor.requires_grad:
            return found
        # The derivative by a unit, J t, is that of J^T s by s. Where one unit reaches an element, t, t i and t i^2 give
        # its index i there.
        cotangent = torch.zeros_like(tensor, requires_grad=True)
        pulled = torch.autograd.grad(tensor, [fresh.tensor for fresh in self._fresh], cotangent, create_graph=True,
                                     allow_unused=True)
        for fresh, back in zip(self._fresh, pulled):
            if back is None:
                continue
            tangent = torch.rand(back.shape, dtype=torch.float64) + 0.5
            index = torch.arange(len(fresh.units)).view([-1 if a == fresh.axis else 1 for a in range(back.dim())])
            moments = [torch.autograd.grad(back, cotangent, tangent * index ** power, retain_graph=True)[0]
                       for power in range(3)]
            reached = moments[0] != 0
            mean, mean_square = (moment[reached] / moments[0][reached] for moment in moments[1:])
            assert torch.allclose(mean ** 2, mean_square, rtol=1e-7, atol=1e-5), \
                f"several units of one layer reach one position after {self._ranges[-1].name}"
            seen = torch.zeros(len(found), len(fresh.units), dtype=torch.bool)
            seen[reached.nonzero()[:, axis], mean.round().long()] = True
            for position, unit in seen.nonzero().tolist():
                if found[position] >= 0:
                    self._join(found[position], fresh.units[unit])
                found[position] = fresh.units[unit]
        return found

    # Stand-ins

    def _layer(self, weight):
        """`lstm` of `lstm.weight_ih_l0`, `attention.in_proj` of `attention.in_proj_weight`."""
        return self._names[id(weight)].replace("_weight", ".weight").split(".weight")[0]

    def _apply(self, layer, weight, units, sources, groups=1):
        parts = list(zip(np.split(units, groups), np.split(sources, groups)))
        self._applied.append(Application(layer, weight, parts))

    def _linear(self, original):
        def linear(x, weight, bias=None):
            layer = self._layer(weight)
            if layer in self._position_mixers:
                return original(x, weight, bias)
            sources = self._read(x, -1)
            result = self._tensor(layer, (*x.shape[:-1], len(weight)), -1)
            self._apply(layer, weight, self._ranges[-1].units, sources)
            return result

        return linear

    def _convolution(self, original):
        def convolution(x, weight, bias=None, stride=1, padding=0, *options):
            layer = self._layer(weight)
            groups = options[1] if options else 1
            sources = self._read(x, 1)
            shape = original(x.detach().to("meta"), weight.to("meta"), None, stride, padding, *options).shape
            result = self._tensor(layer, shape, 1)
            self._apply(layer, weight, self._ranges[-1].units, sources, groups)
            return result

        return convolution

    def _embedding(self, indices, weight, *_):
        words = self._range("input", len(weight))
        layer = self._layer(weight)
        result = self._tensor(layer, (*indices.shape, weight.shape[1]), -1)
        self._apply(layer, weight, self._ranges[-1].units, words)
        return result

    def _recurrent(self, module, x):
        """Hidden features are units, which W_ih writes from below and W_hh from themselves."""
        directions = ["", "_reverse"] if module.bidirectional else [""]
        for number in range(module.num_layers):
            below = self._read(x, -1)
            written = []
            for direction in directions:
                suffix = f"l{number}{direction}"
                weights = [getattr(module, f"weight_{which}_{suffix}") for which in ("ih", "hh")]
                layer = self._layer(weights[0])
                if module.num_layers > 1:
                    layer += f".{suffix}"
                elif direction:
                    layer += ".reverse"
                units = self._range(layer, module.hidden_size)
                self._apply(layer, weights[0], units, below)
                self._apply(layer, weights[1], units, units)
                written.append(units)
            units = np.concatenate(written)
            x = self._tensor(None, (*x.shape[:-1], len(units)), -1, units)
        return x, None

    def _attention_weights(self, scores, dim=-1, **_):
        tensors = [fresh.tensor for fresh in self._fresh]
        noise = torch.rand(scores.shape, dtype=torch.float64) + 0.5
        derivatives = torch.autograd.grad(scores, tensors, noise, create_graph=True, allow_unused=True)
        for fresh, derivative in zip(list(self._fresh), derivatives):
            if derivative is None:
                continue
            for unit, met in zip(fresh.units, self._read(derivative, fresh.axis)):
                if met >= 0:
                    self._join(unit, met)
        return scores.detach().softmax(dim)

    # Result

    def _summarise(self):
        roots = np.array([self._find(unit) for unit in range(len(self._parents))])
        group_of = np.empty(len(roots), int)
        self.groups = []
        for number, (name, units) in enumerate(self._ranges):
            group_of[units] = number
            own = int((roots[units] == units).sum())
            if own:
                self.groups.append([name, own])
        self.blocks, self.edges, self.weights = collections.Counter(), collections.Counter(), collections.Counter()
        for layer, weight, parts in self._applied:
            blocks = set()
            turns = collections.Counter()
            for written, read in parts:
                sources = np.unique(roots[read[read >= 0]])
                source_groups = np.unique(group_of[sources])
                for unit in roots[written]:
                    # A unit that a layer writes twice, as query and as key, has its edges in two blocks.
                    blocks.update((turns[unit], group_of[unit], source) for source in source_groups)
                    turns[unit] += 1
                self.edges[layer] += len(written) * len(sources)
            self.blocks[layer] += len(blocks)
            self.weights[layer] += weight.detach().double().abs().sum().item()
