"""A network of sparse linear layers whose units fall into parts.

By hand: /usr/bin/python3 -B tests/e2e/sparse_network.py OUT.pt WIDTH LAYERS DENSITY
"""

import sys

import numpy
import torch
from torch import nn

PARTS = 20
WITHIN = 0.9  # of a unit's weights: to units of its own part


class SparseLinear(nn.Module):

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x):
        return nn.functional.linear(x, self.weight)


def random_weights(width, density, random):
    """A sparse matrix [width][width]; unit i's part is i mod PARTS."""
    count = max(1, round(width * density))
    sources = random.integers(width, size=(width, count))
    own = random.random((width, count)) < WITHIN
    targets = numpy.arange(width)[:, None]
    sources = numpy.where(own, sources - sources % PARTS + targets % PARTS, sources) % width
    sources.sort(axis=1)
    is_first = numpy.ones_like(sources, dtype=bool)
    is_first[:, 1:] = sources[:, 1:] != sources[:, :-1]
    starts = numpy.concatenate([[0], numpy.cumsum(is_first.sum(axis=1))])
    columns = sources[is_first]
    values = random.normal(size=len(columns)).astype("float32")
    return torch.sparse_csr_tensor(torch.from_numpy(starts), torch.from_numpy(columns), torch.from_numpy(values),
                                   (width, width))


def sparse_network(width, layers, density, seed=1):
    """`layers` layers of `width` units, the first of which are inputs."""
    random = numpy.random.default_rng(seed)
    modules = []
    for _ in range(layers - 1):
        modules += [SparseLinear(random_weights(width, density, random)), nn.ReLU()]
    return nn.Sequential(*modules)


if __name__ == "__main__":
    path, width, layers, density = sys.argv[1:]
    torch.jit.script(sparse_network(int(width), int(layers), float(density))).save(path)
