"""Scores a 784-392-10 network with modlab and in toumei's way, ten seeds each, and prints Q and time of both.

Usage: score_mlp.py BUILD/bin [--model NET.pt] [-k 8] [--seeds 10]

Toumei's way: the graph of |W| built edge by edge in NetworkX, scikit-learn's SpectralClustering with 100 restarts of
k-means on its adjacency, NetworkX's modularity. Both begin at the TorchScript file and end at Q. modlab's time is that of
the whole command, against a daemon of its own that has warm workers; the first run, which uploads and inspects the model,
is shown by itself.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import networkx
import torch
from sklearn.cluster import SpectralClustering

RESTARTS = 100


def write_network(path):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(784, 392), torch.nn.ReLU(), torch.nn.Linear(392, 10))
    torch.jit.script(network).save(path)


def toumei(path, clusters, seed):
    """Q of the network, a chain of linear layers."""
    network = torch.jit.load(path)
    graph = networkx.Graph()
    first = 0
    for parameter in network.parameters():
        if parameter.dim() != 2:
            continue
        weights = parameter.detach().abs().tolist()
        outputs, inputs = parameter.shape
        graph.add_nodes_from(range(first, first + inputs + outputs))  # in order, for the adjacency's rows
        for target, row in enumerate(weights):
            for source, weight in enumerate(row):
                graph.add_edge(first + source, first + inputs + target, weight=weight)
        first += inputs
    clustering = SpectralClustering(clusters, affinity="precomputed", n_init=RESTARTS, random_state=seed)
    labels = clustering.fit(networkx.to_numpy_array(graph)).labels_
    parts = [{unit for unit, label in enumerate(labels) if label == cluster} for cluster in range(clusters)]
    return networkx.community.modularity(graph, [part for part in parts if part])


class Modlab:
    """The client, with a daemon of its own."""

    def __init__(self, programs, folder):
        self.client = programs / "modlab"
        self.environment = {**os.environ, "MODLAB_SERVER": f"unix:{folder}/socket"}
        self.daemon = subprocess.Popen(
            [programs / "modlabd", "--listen", f"unix:{folder}/socket", "--data-dir", f"{folder}/data"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            status = subprocess.run([self.client, "server", "status"], env=self.environment, capture_output=True)
            if status.returncode == 0:
                return
            time.sleep(0.05)
        self.close()
        raise SystemExit(f"the daemon does not answer: {status.stderr.decode()}")

    def score(self, path, clusters, seed):
        """Q of the network."""
        command = [self.client, "score", path, "-k", clusters, "--restarts", RESTARTS, "--seed", seed, "-o", "json"]
        command = [str(part) for part in command]
        answer = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if answer.returncode != 0:
            raise SystemExit(answer.stderr)
        return json.loads(answer.stdout)["result"]["score"]["partitions"][0]["modularity"]["newman"]

    def close(self):
        self.daemon.terminate()
        self.daemon.wait()


def timed(function, *arguments):
    start = time.perf_counter()
    answer = function(*arguments)
    return answer, time.perf_counter() - start


def print_row(name, values, unit=""):
    print(
        f"{name:<18} mean {statistics.mean(values):.6f}{unit}  sd {statistics.stdev(values):.6f}"
        f"  range {min(values):.6f} to {max(values):.6f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of modlab and modlabd")
    parser.add_argument("--model", help="TorchScript file of a chain of linear layers (default: a fresh 784-392-10)")
    parser.add_argument("-k", "--clusters", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        path = options.model or f"{folder}/net.pt"
        if options.model is None:
            write_network(path)
        with contextlib.closing(Modlab(options.programs.resolve(), folder)) as modlab:
            _, first_time = timed(modlab.score, path, options.clusters, 0)
            ours = [timed(modlab.score, path, options.clusters, seed) for seed in range(options.seeds)]
        theirs = [timed(toumei, path, options.clusters, seed) for seed in range(options.seeds)]

    print(f"{options.model or 'MLP 784-392-10'}, k = {options.clusters}, {options.seeds} seeds, {RESTARTS} restarts each")
    print_row("Q, modlab", [q for q, _ in ours])
    print_row("Q, toumei's way", [q for q, _ in theirs])
    print_row("time, modlab", [seconds for _, seconds in ours], " s")
    print_row("time, toumei's way", [seconds for _, seconds in theirs], " s")
    print(f"modlab's first run, with upload and inspection: {first_time:.3f} s")
    ratio = statistics.mean(seconds for _, seconds in theirs) / statistics.mean(seconds for _, seconds in ours)
    print(f"ratio of the mean times: {ratio:.1f}")


if __name__ == "__main__":
    main()
