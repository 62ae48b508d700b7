"""What disagrees between a graph that was read and what it should be: each function yields a line for each thing."""

import math

import by_hand

LARGE_MODEL = 100e6
MOST_EXTRA_MEMORY = 0.2


def sizes(groups):
    return [units for _, units in groups]


def equal(found, expected):
    return found == expected


def close(found, expected):
    return math.isclose(found, expected, rel_tol=1e-5)


def differences(what, found, expected, same=equal):
    """Of two lists or two dictionaries."""
    if isinstance(found, list):
        found, expected = dict(enumerate(found)), dict(enumerate(expected))
    keys = list({**expected, **found})
    wrong = [key for key in keys if key not in found or key not in expected or not same(found[key], expected[key])]
    if wrong:
        key = wrong[0]
        yield (f"{what}: {len(wrong)} of {len(keys)} differ; the first is {key}: {found.get(key, 'none')} instead of "
               f"{expected.get(key, 'none')}")


def against_modules(graph, expected, names):
    """Against expected_graph.py. In a frozen model (not `names`) the layers have other names, in the same order, and
    norms may be part of their weights already."""
    if not names:
        yield from differences("units of groups", sizes(graph.groups), sizes(expected.groups))
        yield from differences("blocks", list(graph.blocks.values()), list(expected.blocks.values()))
        yield from differences("edges", list(graph.edges.values()), list(expected.edges.values()))
        return
    yield from differences("groups", graph.groups, expected.groups)
    yield from differences("blocks", graph.blocks, expected.blocks)
    yield from differences("edges", graph.edges, expected.edges)
    # With the norm l1 and no folding, a layer's edges add up to its weights.
    yield from differences("weights", graph.plain_weights, expected.weights, close)


def against_other_way(graph, other):
    """The same network saved in another way: with norms folded, each layer's edges add up to the same."""
    yield from differences("folded weights", list(graph.weights.values()), list(other.weights.values()), close)


def of_warnings(graph, position_mixers):
    """A layer that mixes positions is warned of, and no other."""
    warned = [warning for warning in graph.warnings if "mixes positions" in warning]
    yield from differences("warnings", sorted(warned), sorted(
        f"layer {layer} mixes positions, not units: it has no edges" for layer in position_mixers))


def of_memory(graph, loaded, forward):
    """Above the loaded model and one forward, or what loading has taken for a moment, which LibTorch decides."""
    most = max(graph.memory_of_loading, max(loaded, graph.model_size) + forward)
    extra = (graph.memory - most) / graph.model_size
    if extra > MOST_EXTRA_MEMORY:
        yield (f"memory: {extra:.2f} times the model's size above {most / 1e6:.0f} MB that LibTorch takes to load it and for one "
               "forward")


def by_hands_rule(name, model, expected):
    """expected_graph.py itself, against by_hand.py."""
    if name in by_hand.RULES:
        groups, blocks = by_hand.RULES[name](model)
        yield from differences("sizes of groups, by hand", sorted(sizes(expected.groups)), sorted(groups))
        yield from differences("number of blocks, by hand", [sum(expected.blocks.values())], [blocks])
