#!/usr/bin/python3
"""Well-known networks as unit graphs, against what follows from their Python modules.

    zoo_test.py PROBE [--long | NETWORK ...]

PROBE is the program that graph_probe.cc makes. Without more the short form: small networks. Each is made with random
weights, saved into a temporary folder, read by the probe, and deleted, one at a time. Prints a table, with what
disagrees below a network's rows; exits with 0 if nothing does. What is compared is said in compare.py.
"""

import argparse
import os
import signal
import sys
import tempfile

import torch

import compare
from expected_graph import ExpectedGraph
from networks import NETWORKS
from read_graph import ReadGraph, RefusedByReader, load_and_run_memory, save

ROW = "| {:<24} | {:<8} | {:>6} | {:>6} | {:>6} | {:>11} | {:>7} | {:>6} |"


def print_heads():
    print(ROW.format("network", "saved", "groups", "units", "blocks", "edges", "seconds", "memory"))
    print(ROW.format(*["---"] * 8), flush=True)


def print_row(name, way, graph):
    print(ROW.format(name, way, len(graph.groups), f"{sum(compare.sizes(graph.groups)):,}", sum(graph.blocks.values()),
                     f"{sum(graph.edges.values()):,}", f"{graph.seconds:.2f}",
                     f"{graph.memory / graph.model_size:.2f}"), flush=True)


class Check:
    """One network, saved in each way."""

    def __init__(self, name, probe, folder):
        self.name, self.probe = name, probe
        self.network = NETWORKS[name]
        self.file = os.path.join(folder, "model.pt")
        self.problems = []

    def run(self):
        model, example = self.network.make_model(), self.network.make_example()
        graphs = {}
        for way in self.network.ways:
            save(model, example, way, self.file)
            try:
                graphs[way] = self.read(way)
            except RefusedByReader as refusal:
                self.note(way, [f"refused: {refusal}"])
            os.remove(self.file)
        expected = ExpectedGraph(model, example, self.network.unit_axis, self.network.position_mixers)
        self.note("expected", compare.by_hands_rule(self.name, model, expected))
        for way, graph in graphs.items():
            self.note(way, compare.against_modules(graph, expected, names=way != "frozen"))
            self.note(way, compare.against_other_way(graph, next(iter(graphs.values()))))

    def read(self, way):
        graph = ReadGraph(self.probe, self.file, self.network.shape)
        print_row(self.name, way, graph)
        graph.plain_weights = ReadGraph(self.probe, self.file, self.network.shape, "--plain").weights
        if graph.model_size > compare.LARGE_MODEL:
            self.note(way, compare.of_memory(graph, *load_and_run_memory(self.file, self.network.shape)))
        self.note(way, compare.of_warnings(graph, self.network.position_mixers))
        return graph

    def note(self, way, problems):
        for problem in problems:
            self.problems.append(problem)
            print(f"  {self.name}, {way}: {problem}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("probe", metavar="PROBE")
    parser.add_argument("--long", action="store_true", help="all networks")
    parser.add_argument("networks", metavar="NETWORK", nargs="*", choices=[[], *NETWORKS])
    options = parser.parse_args()
    names = options.networks or [name for name, network in NETWORKS.items() if options.long or network.short]

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # removing the folder
    torch.set_num_threads(1)
    print_heads()
    disagreeing = 0
    for name in names:
        with tempfile.TemporaryDirectory(prefix="modlab-zoo-") as folder:
            check = Check(name, options.probe, folder)
            check.run()
        disagreeing += bool(check.problems)
    print(f"{len(names) - disagreeing} of {len(names)} networks agree")
    sys.exit(1 if disagreeing else 0)


if __name__ == "__main__":
    main()
