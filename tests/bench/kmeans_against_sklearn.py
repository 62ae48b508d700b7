"""Times our k-means beside scikit-learn's on spectral embeddings of unit graphs, at equal clusters and restarts.

Usage: kmeans_against_sklearn.py BUILD/bin [--rounds 5] [--threads 2]

Both cluster the same points in turn, scikit-learn with the threads it takes by itself; medians over the rounds, which
are also the seeds. A ratio of inertias of 1 means that both have found the same in the median.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
from sklearn.cluster import KMeans

NETWORKS = {
    "784-392-10": [784, 392, 10],
    "1568-784-20-20-4-1": [1568, 784, 20, 20, 4, 1],
    "784-256-256-256-256-10": [784, 256, 256, 256, 256, 10],
}
PARTS = 8
CLUSTERS = (4, 8, 12)
RESTARTS = (25, 100)


def uniform_network(widths, seed):
    """Weights as PyTorch's linear layers begin: U(-1, 1) / sqrt(fan-in), [out][in]."""
    random = np.random.default_rng(seed)
    return [random.uniform(-1, 1, (outputs, inputs)) / np.sqrt(inputs) for inputs, outputs in zip(widths, widths[1:])]


def planted_network(widths, seed):
    """Layers cut into PARTS stretches; weights between different parts are a tenth."""
    layers = []
    for layer in uniform_network(widths, seed):
        part_of_output, part_of_input = (np.arange(size) * PARTS // size for size in layer.shape)
        layers.append(np.where(part_of_output[:, None] == part_of_input, layer, 0.1 * layer))
    return layers


def embed(programs, folder, layers, dimensions):
    """The units' coordinates, [dimensions][units]."""
    network = folder / "network"
    with open(network, "wb") as file:
        for layer in layers:
            file.write(np.array(layer.shape, np.int32).tobytes())
            file.write(np.ascontiguousarray(layer).tobytes())
    command = [programs / "spectral_probe", network, str(dimensions), "1", "1"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return np.array(answer["embedding"]).reshape(dimensions, -1)


def our_kmeans(programs, points, dimensions, clusters, restarts, seed, threads):
    """Seconds and inertia."""
    command = [programs / "kmeans_probe", points, dimensions, clusters, restarts, seed, threads, 5]
    answer = json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout)
    return statistics.median(answer["seconds"]), answer["inertia"]


def their_kmeans(points, clusters, restarts, seed):
    """Seconds and inertia."""
    start = time.perf_counter()
    fitted = KMeans(clusters, n_init=restarts, random_state=seed).fit(points)
    return time.perf_counter() - start, fitted.inertia_


def compare(programs, folder, name, embedding, options):
    for clusters in CLUSTERS:
        file = folder / "points"
        embedding[:clusters].tofile(file)
        points = np.ascontiguousarray(embedding[:clusters].T)
        for restarts in RESTARTS:
            ours, theirs = [], []
            for seed in range(options.rounds):
                ours.append(our_kmeans(programs, file, clusters, clusters, restarts, seed, options.threads))
                theirs.append(their_kmeans(points, clusters, restarts, seed))
            our_time, our_inertia = (statistics.median(values) for values in zip(*ours))
            their_time, their_inertia = (statistics.median(values) for values in zip(*theirs))
            print(
                f"{name:<32} {clusters:>4} {restarts:>8} {1e3 * our_time:>9.2f} {1e3 * their_time:>9.1f}"
                f" {their_time / our_time:>6.1f} {our_inertia / their_inertia:>12.9f}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder of spectral_probe and kmeans_probe")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="ours")
    options = parser.parse_args()
    programs = options.programs.resolve()
    print(f"{'embedding':<32} {'k':>4} {'restarts':>8} {'ours, ms':>9} {'theirs':>9} {'ratio':>6} {'inertia':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for network, widths in NETWORKS.items():
            for kind, make in (("uniform", uniform_network), ("planted", planted_network)):
                embedding = embed(programs, folder, make(widths, 1), max(CLUSTERS))
                compare(programs, folder, f"{network} {kind}", embedding, options)


if __name__ == "__main__":
    main()
