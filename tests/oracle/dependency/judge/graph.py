"""The unit graph that a module should be read as, and how far movements reach in it."""

import numpy
import torch

from judge.leaves import Leaves, Partition
from judge.observer import Observer
from judge.recorder import Recorder


class Contradiction(Exception):
    """What the judge has seen does not fit together."""


def flat(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors]).numpy() if tensors else numpy.zeros(0)


class Watched:
    """Elements of a run, and for each a unit that moves it, or -1. Units that move the same element are one."""

    def __init__(self, tensors):
        self.base = flat(tensors)
        self.owner = numpy.full(self.base.shape, -1)

    def see(self, unit, tensors, partition):
        moved = flat(tensors) != self.base
        partition.join({unit, *self.owner[moved].tolist()} - {-1})
        self.owner[moved] = unit


class Judge:
    """Watches a module, moving one unit after the other. `axes`: those of each input's units, none for indices."""

    def __init__(self, module, tensors, axes):
        self.module = module
        self.tensors = tensors
        self.axes = axes
        self.leaves = Leaves()
        self.recorder = Recorder(module, self.leaves)
        with self.recorder.freezing():
            self.base = self.recorder.run(module, tensors, axes)
            self.steps = self.recorder.steps
            self.layers = [step.layer for step in self.steps if step.layer is not None]
            self.find_units()
            self.find_reach()
        self.find_edges()

    def run(self, moved=(), cuts=True):
        return Observer(self.steps, self.base.inputs, moved, cuts).run(self.module, self.tensors, self.axes)

    # --- Which units are one.

    def find_units(self):
        self.partition = Partition(self.leaves.units)
        values, tied = Watched(self.base.values), Watched(self.base.tied)
        read = Watched(self.base.read)
        for unit in range(self.leaves.units):
            run = self.run([unit])
            values.see(unit, run.values, self.partition)
            tied.see(unit, run.tied, self.partition)
            read.see(unit, run.read, self.partition)
            self.check_blocks(unit, run)
        self.join_ties(tied.owner)
        self.readers = numpy.split(read.owner, numpy.cumsum([tensor.numel() for tensor in self.base.read])[:-1])
        roots = [unit for unit in range(self.leaves.units) if self.partition.find(unit) == unit]
        # Units that have become one have the place of the first.
        self.number = {root: number for number, root in enumerate(roots)}

    def check_blocks(self, unit, run):
        """Each layer alone: what moves behind it is what its weights join to what has moved before it."""
        for layer, *tensors in zip(self.layers, self.base.read, run.read, self.base.written, run.written):
            read, read_now, written, written_now = tensors
            positions = layer.positions[read != read_now].unique()
            rows = layer.rows[written != written_now].unique().tolist()
            expected = layer.matrix[:, positions].sum(1).nonzero().flatten().tolist()
            if rows != expected:
                raise Contradiction(f"unit {unit} moves outputs {rows} of {layer.leaf.name} (units from "
                                    f"{layer.leaf.first}), but its weights are those of {expected}")

    def join_ties(self, owner):
        start = 0
        for step in self.steps:
            if not step.ties:
                continue
            index = numpy.concatenate([part.numpy().ravel() for part in step.ties])
            owners = owner[start:start + index.size]
            start += index.size
            for value in numpy.unique(index):
                self.partition.join(set(owners[index == value].tolist()) - {-1})

    def number_of(self, unit):
        return self.number[self.partition.find(unit)]

    # --- Blocks.

    def find_edges(self):
        """The sum of absolute weights between each two units. A layer that is run again on the same units counts
        once."""
        self.edges = {}
        known = set()
        for layer, owner in zip(self.layers, self.readers):
            sources = self.sources(layer, owner)
            targets = [self.number_of(unit) for unit in layer.leaf.units]
            key = (layer.weight, tuple(layer.matrix.shape), tuple(sources), tuple(targets))
            if key in known:
                continue
            known.add(key)
            matrix = layer.matrix.numpy()
            for row, position in zip(*matrix.nonzero()):
                if sources[position] >= 0:
                    edge = (sources[position], targets[row])
                    self.edges[edge] = self.edges.get(edge, 0.0) + matrix[row, position]

    def sources(self, layer, owner):
        """The unit at each position that a layer reads, or -1."""
        positions = layer.positions.numpy().ravel()
        sources = []
        for position in range(layer.matrix.size(1)):
            units = {self.number_of(unit) for unit in owner[positions == position].tolist() if unit >= 0}
            if len(units) > 1:
                raise Contradiction(f"layer {layer.leaf.name} reads the units {units} at one position")
            sources.append(units.pop() if units else -1)
        return sources

    # --- From end to end.

    def find_reach(self):
        """For each unit of an input, the units that move with it when the network runs as a whole: `moves` as it is;
        `reach` where a unit moves as soon as one of those that it is one with does."""
        self.base_of_all = self.run(cuts=False)
        if not all(torch.isfinite(tensor).all() for tensor in self.base_of_all.written):
            raise Contradiction("the network as a whole has values that are not finite")
        members = {}
        for unit in range(self.leaves.units):
            members.setdefault(self.partition.find(unit), []).append(unit)
        self.moves, self.reach = {}, {}
        for leaf in self.leaves.all:
            if leaf.name not in ("input", "words"):
                continue
            for start in {self.partition.find(unit) for unit in leaf.units}:
                moving = [{start}]
                while len(moving) == 1 or moving[-1] != moving[-2]:
                    moved = [unit for root in moving[-1] for unit in members[root]]
                    moving.append(moving[-1] | self.moving_with(moved))
                self.moves[self.number[start]] = {self.number[root] for root in moving[1]}
                self.reach[self.number[start]] = {self.number[root] for root in moving[-1]}

    def moving_with(self, units):
        run = self.run(units, cuts=False)
        found = set()
        for layer, before, after in zip(self.layers, self.base_of_all.written, run.written):
            rows = layer.rows[before != after].unique().tolist()
            found |= {self.partition.find(layer.leaf.first + row) for row in rows}
        return found
