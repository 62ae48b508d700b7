"""Makes a random network of a seed."""

import dataclasses
from typing import List

import torch
from torch import nn

# Each of these has kinds of layers of its own.
from networks import attention, convolution, joins, linear, norms, positions, recurrent, splits  # noqa: F401
from networks.containers import Chain, TwoInputs, WithDict, WithList, WithTuple
from networks.first_layers import Input, first_layer
from networks.kinds import FEATURES, KINDS, Source


@dataclasses.dataclass
class Network:
    seed: int
    module: nn.Module
    inputs: List[Input]
    kinds: List[str]  # each as often as it occurs
    saving: str       # "scripted", "traced" or "frozen"

    def save(self, path):
        """Writes the TorchScript archive."""
        with torch.no_grad():
            if self.saving == "traced":
                examples = tuple(torch.ones(1, *each.shape, dtype=torch.float64) for each in self.inputs)
                scripted = torch.jit.trace(self.module, examples, check_trace=False, strict=False)
            else:
                scripted = torch.jit.script(self.module)
            if self.saving == "frozen":
                scripted = torch.jit.freeze(scripted, optimize_numerics=False)
        scripted.save(str(path))


def stem(rng, container):
    """The container's first layers, its inputs, and the layout that it goes on with."""
    while True:
        first, given, layout = first_layer(rng)
        if container is not TwoInputs:
            return [first], [given], layout
        if layout.form == FEATURES:
            break
    rng.kinds.append("two inputs")
    units = rng.choice((layout.units, rng.units()))
    if units == layout.units:  # they are added
        return [first, nn.Linear(4, units)], [given, Input((4,), (1,))], layout
    return [first, nn.Linear(4, units)], [given, Input((4,), (1,))], layout.of(layout.units + units)


def draw(rng, layout, fits=lambda layout: True):
    """A random layer for this layout, of a kind that can be saved, and the layout that it writes."""
    kinds = [kind for kind in KINDS if layout.form in kind.forms and not (kind.traced and rng.scripted)]
    while True:
        made = make(rng, rng.choice(kinds), layout, fits)
        if made is not None:
            return made


def make(rng, kind, layout, fits=lambda layout: True):
    """A layer of this kind and the layout that it writes, or None where there is none that fits."""
    drawn = len(rng.kinds)
    made = kind.make(rng, layout) if layout.form in kind.forms else None
    if made is None or made[1].units < 2 or not fits(made[1]):
        del rng.kinds[drawn:]
        return None
    rng.kinds.insert(drawn, kind.name)
    return made


def draw_all(rng, layout, wanted, count):
    """Random layers, one of them of the wanted kind, and the layouts that they write; None where it fits nowhere."""
    layers, layouts, found = [], [layout], False
    for _ in range(count):
        made = None if found or rng.random() < 0.5 else make(rng, wanted, layouts[-1])
        found = found or made is not None
        layer, layout = draw(rng, layouts[-1]) if made is None else made
        layers.append(layer)
        layouts.append(layout)
    return (layers, layouts) if found else None


def branch(rng, layout):
    """Random layers that end in the layout that they start from."""
    rng.depth += 1
    layers = []
    now = layout
    for _ in range(rng.choice((1, 2)) if rng.depth < 3 else 0):
        layer, now = draw(rng, now, lambda new: new.form == layout.form and new.sizes == layout.sizes)
        layers.append(layer)
    rng.depth -= 1
    layers.append(joins.layer(now, layout.units))
    return nn.Sequential(*layers)


def prune_at_random(rng, module):
    """Makes weights positive, and zero at random places; statistics are as after training."""
    share = rng.choice((0.0, 0.3, 0.6, 0.6))
    generator = torch.Generator().manual_seed(rng.randrange(2 ** 31))
    positive = [part for part in module.modules() if getattr(part, "mixes_positions", False)]
    dense = {id(parameter) for part in positive for parameter in part.parameters()}
    for name, parameter in module.named_parameters():
        parameter.data.abs_().add_(0.01)
        keeps = id(parameter) in dense or parameter.dim() < 2 or name.endswith(("_v", "_g"))
        if not keeps:
            parameter.data[torch.rand(parameter.shape, generator=generator) < share] = 0
    for part in module.modules():
        if isinstance(part, (nn.modules.batchnorm._NormBase)) and part.running_var is not None:
            part.running_mean.copy_(-torch.rand(part.running_mean.shape, generator=generator))
            part.running_var.copy_(0.5 + torch.rand(part.running_var.shape, generator=generator))


def make_network(seed, most_layers=None):
    """The network of a seed. Of its body, only the first `most_layers` layers are kept."""
    turn, number = divmod(seed, len(KINDS))
    wanted = KINDS[number]
    rng = Source(seed, scripted=(turn + number) % 2 == 0 and not wanted.traced)
    rng.branch = lambda layout: branch(rng, layout)
    torch.manual_seed(seed)
    drawn = None
    while drawn is None:
        rng.kinds = []
        container = rng.choice((Chain, Chain, WithDict, WithTuple, WithList, TwoInputs))
        stems, inputs, layout = stem(rng, container)
        drawn = draw_all(rng, layout, wanted, rng.choice((2, 3, 4, 5)))
    body, layouts = drawn
    if most_layers is not None:
        del body[most_layers:], layouts[most_layers + 1:]
    module = container(*stems, nn.Sequential(*body), joins.layer(layouts[-1], rng.choice((3, 5))))
    rng.kinds.append(f"output: {container.output}")
    module = module.double().eval()
    prune_at_random(rng, module)
    return Network(seed, module, inputs, rng.kinds, rng.saving)
