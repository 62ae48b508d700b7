#!/usr/bin/python3
"""Reads small random networks with graph_probe, and compares each graph with what moves in the network itself.

    dependency_oracle.py GRAPH_PROBE [--networks N] [--first-seed S] [--most-layers L]
"""

import argparse
import collections
import pathlib
import random
import sys
import tempfile
import time
import warnings

import torch

from comparison import disagreement, judge, probe
from judge.graph import Contradiction
from networks.generator import make_network
from networks.kinds import KINDS

BATCH = 50


def give_signs(network):
    """The judge needs positive weights; the reader gets weights of both signs."""
    rng = random.Random(network.seed)
    keeps = {id(parameter) for module in network.module.modules() if getattr(module, "keeps_signs", False)
             for parameter in module.parameters()}
    for parameter in network.module.parameters():
        generator = torch.Generator().manual_seed(rng.randrange(2 ** 31))
        if id(parameter) not in keeps:
            parameter.data[torch.rand(parameter.shape, generator=generator) < 0.5] *= -1


class Results:
    def __init__(self):
        self.kinds = collections.Counter()
        self.saved = collections.Counter()
        self.disagreements = {}  # by seed
        self.units = self.edges = self.as_they_are = 0

    def check_batch(self, program, networks, folder):
        """Judges networks, and compares them with what the program reads."""
        judged, models = [], []
        for network in networks:
            try:
                judged.append(judge(network))
            except Contradiction as contradiction:
                judged.append(None)
                self.disagreements[network.seed] = f"the judge: {contradiction}"
            give_signs(network)
            path = folder / f"{network.seed}.pt"
            network.save(path)
            models.append((path, [each.shape for each in network.inputs]))
        graphs = [probe(program, models, fold) for fold in (True, False)]
        for network, judgement, folded, plain in zip(networks, judged, *graphs):
            self.add(network, judgement, folded, plain)
        for path, _ in models:
            path.unlink()

    def add(self, network, judgement, folded, plain):
        self.kinds.update(set(network.kinds))
        self.saved[network.saving] += 1
        if judgement is None:
            return
        errors = [graph["error"] for graph in (folded, plain) if graph is not None and "error" in graph]
        if errors or folded is None or plain is None:
            self.disagreements[network.seed] = "refused: " + (errors or ["graph_probe had ended before"])[0]
            return
        found = disagreement(judgement, folded, plain)
        if found is not None:
            self.disagreements[network.seed] = found
        self.units += len(judgement.number)
        self.edges += len(judgement.edges)
        self.as_they_are += judgement.moves == judgement.reach


def check(program, seeds, most_layers=None):
    results = Results()
    with tempfile.TemporaryDirectory(prefix="modlab-dependency-") as folder:
        for start in range(0, len(seeds), BATCH):
            networks = [make_network(seed, most_layers) for seed in seeds[start:start + BATCH]]
            results.check_batch(program, networks, pathlib.Path(folder))
    return results


def shrink(program, seed):
    """The smallest number of layers with which a network of this seed is a disagreement."""
    layers = 0
    while not check(program, [seed], layers).disagreements:
        layers += 1
    return layers


def report(results, program, shrinks):
    for name in sorted({kind.name for kind in KINDS} | set(results.kinds)):
        print(f"{results.kinds[name]:5} {name}")
    for seed, what in results.disagreements.items():
        print(f"\nseed {seed}: {what}")
        if shrinks > 0:
            shrinks -= 1
            layers = shrink(program, seed)
            print(f"repeat: dependency_oracle.py GRAPH_PROBE --networks 1 --first-seed {seed} --most-layers {layers}")
            print(make_network(seed, layers).module)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph_probe")
    parser.add_argument("--networks", type=int, default=500)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--most-layers", type=int)
    parser.add_argument("--shrink", type=int, default=3, help="how many disagreements to make small")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="torch.jit")  # of tracing
    warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
    start = time.monotonic()
    seeds = list(range(options.first_seed, options.first_seed + options.networks))
    results = check(options.graph_probe, seeds, options.most_layers)
    report(results, options.graph_probe, options.shrink)
    print(f"\n{options.networks} networks, {results.units} units, {results.edges} edges: "
          f"{len(results.disagreements)} disagreements, {time.monotonic() - start:.0f} s")
    print(f"{dict(results.saved)}; in {results.as_they_are} networks everything that is reached moves even if units "
          "that are one do not move together")
    sys.exit(1 if results.disagreements else 0)


if __name__ == "__main__":
    main()
