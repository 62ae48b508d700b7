"""Compares the graphs that graph_probe prints with the judge's."""

import json
import subprocess

import torch

from judge.graph import Judge

TOLERANCE = 1e-12


def probe(program, models, fold):
    """The graphs of models, pairs of a file and its input's shapes, as graph_probe prints them."""
    options = ["--edges"] if fold else ["--edges", "--plain"]
    shapes = [(str(path), ";".join("1," + ",".join(map(str, shape)) for shape in shapes)) for path, shapes in models]
    arguments = [argument for pair in shapes for argument in pair]
    done = subprocess.run([program, *options, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    graphs = [json.loads(line) for line in done.stdout.splitlines()]
    if len(graphs) < len(models):
        graphs.append({"error": f"graph_probe ended with status {done.returncode}"})
    return graphs + [None] * (len(models) - len(graphs))


def judge(network):
    generator = torch.Generator().manual_seed(network.seed)
    tensors = [torch.ones(1, *each.shape, dtype=torch.float64) if each.indices else
               torch.rand(1, *each.shape, generator=generator, dtype=torch.float64) + 0.5 for each in network.inputs]
    return Judge(network.module, tensors, [each.unit_axes for each in network.inputs])


def edges_of(graph):
    """The sum of weights between each two units."""
    edges = {}
    for block in graph["blocks"]:
        for source, target, weight in block["edges"]:
            edges[(source, target)] = edges.get((source, target), 0.0) + weight
    return edges


def reach_of(edges, unit):
    """The units that a unit reaches, itself among them."""
    targets = {}
    for source, target in edges:
        targets.setdefault(source, []).append(target)
    reached, left = {unit}, [unit]
    while left:
        found = [target for target in targets.get(left.pop(), []) if target not in reached]
        reached.update(found)
        left += found
    return reached


def disagreement(judged, folded, plain):
    """What is different in the graphs that were read, as a sentence; None where nothing is."""
    if len(judged.number) != folded["units"]:
        return f"{folded['units']} units instead of {len(judged.number)}: {folded['groups']}"
    expected, edges = judged.edges, edges_of(plain)
    for kind, found in (("", edges), ("folded ", edges_of(folded))):
        missing, more = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
        if missing or more:
            return f"{kind}edges that are missing: {missing[:10]}, and that should not be there: {more[:10]}"
    for edge, weight in expected.items():
        if abs(edges[edge] - weight) > TOLERANCE * weight:
            return f"the weight of {edge} is {edges[edge]!r} instead of {weight!r}"
    for unit, moving in judged.reach.items():
        reached = reach_of(edges_of(folded), unit)
        if reached != moving:
            return (f"input unit {unit} reaches {sorted(reached - moving)}, which do not move with it, and does not "
                    f"reach {sorted(moving - reached)}, which do")
    return None
