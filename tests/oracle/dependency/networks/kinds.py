"""What random networks are put together from: kinds of layers, each made for the tensor that it is to read."""

import dataclasses
import random
from typing import Callable, Tuple

FEATURES, TOKENS, MAPS = "features", "tokens", "maps"


@dataclasses.dataclass(frozen=True)
class Layout:
    """A tensor without its batch axis: features [units], tokens [positions, units], maps [units, positions ...]."""

    form: str
    units: int
    sizes: Tuple[int, ...] = ()

    @property
    def shape(self):
        return self.sizes + (self.units,) if self.form == TOKENS else (self.units,) + self.sizes

    def of(self, units):
        return dataclasses.replace(self, units=units)

    def sized(self, sizes):
        return dataclasses.replace(self, sizes=tuple(sizes))


@dataclasses.dataclass(frozen=True)
class Kind:
    """`make(rng, layout)` returns a module and the layout that it writes, or None where it cannot read the layout."""

    name: str
    forms: Tuple[str, ...]
    make: Callable
    traced: bool = False  # TorchScript cannot compile it: the network has to be traced.


class Source(random.Random):
    """Draws of one network, and the kinds of layers that they have led to."""

    def __init__(self, seed, scripted):
        super().__init__(seed)
        self.scripted = scripted
        self.saving = self.choice(("scripted", "scripted", "frozen")) if scripted else "traced"
        self.kinds = []
        self.depth = 0

    def units(self):
        return self.choice((4, 6, 8))


KINDS = []


def kind(name, *forms, traced=False):
    """Makes a function a kind of layer."""

    def add(make):
        KINDS.append(Kind(name, forms, make, traced))
        return make

    return add
