"""Runs a module with its own code, one ATen operation after the other, and watches what moves."""

import dataclasses
from typing import List, Optional

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from judge.leaves import Leaf, unit_index
from judge.replacements import execute

MOVE = 1.0


@dataclasses.dataclass
class Layer:
    """An operation with weights."""

    leaf: Leaf
    weight: int              # where it lies in memory
    matrix: torch.Tensor
    input_argument: int
    positions: torch.Tensor  # which position of the matrix each element of the input is
    rows: torch.Tensor       # which row each element of the output is


@dataclasses.dataclass
class Step:
    """An operation of the module, as the first run has met it."""

    name: str
    action: str = "execute"          # or "write": a layer; "embed": a layer of words; "compare": queries and keys
    layer: Optional[Layer] = None
    words: Optional[Leaf] = None     # of an embedding
    adds: bool = False               # the units of addmm's first argument
    watched: bool = False            # whether its results are new values of units
    ties: Optional[List[torch.Tensor]] = None  # elements of the same index are one unit: of its operands or its result


class Observer(TorchDispatchMode):
    """One run. `moved` units are moved where they come into being. With `cuts`, what a layer writes does not depend on
    what it reads: the only movements are those units themselves, wherever they are carried."""

    def __init__(self, steps, inputs, moved=(), cuts=True):
        super().__init__()
        self.steps = steps
        self.inputs = inputs  # leaves, None for indices
        self.moved = set(moved)
        self.cuts = cuts
        self.position = -1
        self.values: List[torch.Tensor] = []   # of all steps that are watched
        self.tied: List[torch.Tensor] = []     # of all steps with ties
        self.read: List[torch.Tensor] = []     # by every layer
        self.written: List[torch.Tensor] = []

    def run(self, module, tensors, axes):
        given = [tensor if leaf is None else self.with_moved(tensor, leaf, unit_index(tensor.shape, axes_of_units))
                 for tensor, leaf, axes_of_units in zip(tensors, self.inputs, axes)]
        self.start(given)
        with self:
            module(*given)
        return self

    def start(self, given):
        """Called before a run, with its inputs."""

    def next_step(self, name, arguments):
        self.position += 1
        assert self.steps[self.position].name == name, "the module does not always do the same"
        return self.steps[self.position]

    def with_moved(self, tensor, leaf, index):
        if not any(unit in self.moved for unit in leaf.units):
            return tensor
        moves = torch.tensor([MOVE * (unit in self.moved) for unit in leaf.units], dtype=tensor.dtype)
        return tensor.clone().add_(moves[index])  # strides stay

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        name = function.overloadpacket.__name__
        options = options or {}
        if name == "detach":  # PyTorch's own, and not always
            return function(*arguments, **options)
        step = self.next_step(name, arguments)
        result = self.ACTIONS[step.action](self, step, function, arguments, options)
        self.finish(step, arguments, result)
        if step.watched:
            self.values += [each.detach().flatten() for each in tensors_in(result) if each.is_floating_point()]
        if step.name == "pixel_shuffle" and step.ties is not None:
            self.tied.append(result.detach().clone())
        return result

    def finish(self, step, arguments, result):
        """Called after each step."""

    # --- Actions.

    def execute(self, step, function, arguments, options):
        return execute(step.name, function, arguments, options)

    def write(self, step, function, arguments, options):
        """A layer: its units come into being here."""
        added = arguments[0] if step.adds else None
        if step.adds:
            arguments = (torch.zeros_like(added),) + tuple(arguments[1:])
        computed = function(*arguments, **options)
        layer = self.layer_of(step, arguments, computed)
        self.read.append(arguments[layer.input_argument].detach().clone())
        self.written.append(computed.detach().clone())
        start = anything_like(computed, layer.leaf.first) if self.cuts else computed
        result = self.with_moved(start, layer.leaf, layer.rows)
        return result if added is None else result + added * options.get("beta", 1)

    def layer_of(self, step, arguments, computed):
        return step.layer

    def embed(self, step, function, arguments, options):
        """Each token is a bit of every word, so that each word can be moved."""
        table, indices = arguments[:2]
        words = self.words_of(step, table)
        tokens = torch.ones(indices.numel(), table.size(0), dtype=table.dtype)
        tokens = self.with_moved(tokens, words, unit_index(tokens.shape, [1]))
        written = self.write(step, torch.ops.aten.mm.default, (tokens, table), {})
        return written.view(list(indices.shape) + [table.size(1)])

    def words_of(self, step, table):
        return step.words

    def compare(self, step, function, arguments, options):
        """Queries and keys. What comes out are weights of attention, and frozen."""
        self.tied += [each.detach().clone() for each in arguments[:2]]
        return torch.full_like(function(*arguments, **options), 0.7)

    ACTIONS = {"execute": execute, "write": write, "embed": embed, "compare": compare}


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for each in value for tensor in tensors_in(each)]
    return []


def anything_like(tensor, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.empty_like(tensor).copy_(torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype) + 0.5)
