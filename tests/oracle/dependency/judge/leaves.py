"""The units of a network: each input's, and each layer's outputs."""

import math

import torch


class Leaf:
    """Units that come into being together. They are numbered from `first` on, in the order of their axes."""

    def __init__(self, name, first, shape):
        self.name = name
        self.first = first
        self.shape = tuple(shape)

    @property
    def units(self):
        return range(self.first, self.first + math.prod(self.shape))


def unit_index(shape, axes):
    """Which of a leaf's units each element of a tensor is, where `axes` are the axes of its units."""
    index = torch.zeros([1] * len(shape), dtype=torch.int64)
    for axis in axes:
        along = [1] * len(shape)
        along[axis] = shape[axis]
        index = index * shape[axis] + torch.arange(shape[axis]).view(along)
    return index.expand(shape)


class Leaves:
    """All leaves of a network, in the order in which it comes to them first."""

    def __init__(self):
        self.all = []
        self.known = {}

    def at(self, site, name, shape):
        """The leaf of a site in the program; a new one where nothing has come here before."""
        if site not in self.known:
            first = self.all[-1].units.stop if self.all else 0
            self.known[site] = Leaf(name, first, shape)
            self.all.append(self.known[site])
        return self.known[site]

    @property
    def units(self):
        return self.all[-1].units.stop if self.all else 0


class Partition:
    """Units that have become one."""

    def __init__(self, count):
        self.parent = list(range(count))

    def find(self, unit):
        while self.parent[unit] != unit:
            self.parent[unit] = unit = self.parent[self.parent[unit]]
        return unit

    def join(self, units):
        """The smallest stands for all."""
        roots = {self.find(unit) for unit in units}
        for root in roots:
            self.parent[root] = min(roots)
