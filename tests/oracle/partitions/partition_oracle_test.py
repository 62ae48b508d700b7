"""Partitions of random graphs against leidenalg, SciPy and scikit-learn: layered or not, connected or not.

Usage: partition_oracle_test.py PROBE [--graphs 200] [--first-seed 0], where PROBE is what partition_probe.cc makes.

Leiden's modularity, with the restarts that such graphs get by default, must be what leidenalg's best of ten runs reaches,
within 1e-4, on all but one in a hundred graphs, and better more often than worse; each Q and n-cut what NumPy makes
of the labels; eigenvalues those of a dense solver; inertia no worse than scikit-learn's k-means in the same embedding.
"""

import argparse
import json
import subprocess
import sys
import tempfile

import igraph
import leidenalg
import numpy as np
import scipy.linalg
from sklearn.cluster import KMeans

RESTARTS = 50
THEIR_RUNS = 10
CLUSTERS = 4
AS_GOOD = 1e-4


def random_graph(seed):
    """Group sizes, and blocks (source, target, weights [target][source])."""
    random = np.random.default_rng(seed)
    sizes = random.integers(3, 40, random.integers(2, 6))
    pairs = [(group, group + 1) for group in range(len(sizes) - 1)]
    kind = ["layered", "skipping", "recurrent", "unconnected", "planted"][seed % 5]
    if kind == "skipping":
        pairs += [(0, len(sizes) - 1), (0, len(sizes) - 1)]  # two blocks between the same groups
    if kind == "recurrent":
        pairs += [(group, group) for group in range(1, len(sizes))]
    blocks = []
    for source, target in pairs:
        weights = random.exponential(size=(sizes[target], sizes[source]))
        weights[random.uniform(size=weights.shape) < random.choice([0, 0.5, 0.9])] = 0
        parts = [np.arange(size) % 3 for size in (sizes[target], sizes[source])]
        apart = parts[0][:, None] != parts[1]
        if kind == "unconnected":
            weights[apart] = 0
        if kind == "planted":
            weights[apart] *= 0.1
        weights[0] += 1e-3  # some edge, and enough units with edges
        blocks.append((source, target, weights))
    return sizes, blocks


def adjacency_of(sizes, blocks):
    """The directed one; the undirected one is its sum with its transpose."""
    first = np.concatenate([[0], np.cumsum(sizes)])
    weights = np.zeros((first[-1], first[-1]))
    for source, target, block in blocks:
        weights[first[source]:first[source + 1], first[target]:first[target + 1]] += block.T
    return weights


def write(path, graphs):
    with open(path, "wb") as file:
        for sizes, blocks in graphs:
            file.write(np.array([len(sizes), len(blocks), *sizes], np.int32).tobytes())
            for source, target, weights in blocks:
                file.write(np.array([source, target], np.int32).tobytes())
                file.write(np.ascontiguousarray(weights).tobytes())


def same(labels):
    """Whether units are in one cluster, as numbers; units in none are in one with nobody."""
    labels = np.array(labels)
    return ((labels[:, None] == labels) & (labels >= 0)[:, None]).astype(float)


def newman(directed, labels):
    adjacency = directed + directed.T
    degrees = adjacency.sum(1)
    return ((adjacency - np.outer(degrees, degrees) / degrees.sum()) * same(labels)).sum() / degrees.sum()


def directed_modularity(directed, labels):
    total = directed.sum()
    expected = np.outer(directed.sum(1), directed.sum(0)) / total
    return ((directed - expected) * same(labels)).sum() / total


def layer_pair(sizes, blocks, labels):
    gained = 0
    for block in blocks:
        weights = adjacency_of(sizes, [block])
        expected = np.outer(weights.sum(1), weights.sum(0)) / weights.sum()
        gained += ((weights - expected) * same(labels)).sum()
    return gained / adjacency_of(sizes, blocks).sum()


def leidenalg_best(weights, is_directed):
    """The largest modularity of THEIR_RUNS runs, by our own formula."""
    sources, targets = np.nonzero(weights if is_directed else np.triu(weights + weights.T))
    values = weights[sources, targets] if is_directed else (weights + weights.T)[sources, targets]
    if not is_directed:
        values = np.where(sources == targets, values / 2, values)  # igraph counts a self-loop twice
    graph = igraph.Graph(len(weights), np.column_stack([sources, targets]).tolist(), directed=is_directed)
    measure = directed_modularity if is_directed else newman
    return max(
        measure(weights, leidenalg.find_partition(
            graph, leidenalg.ModularityVertexPartition, weights=values.tolist(), seed=seed, n_iterations=-1).membership)
        for seed in range(THEIR_RUNS))


def normalized_cut(directed, labels):
    adjacency = directed + directed.T
    cut = 0
    for label in set(labels) - {-1}:
        members = np.array(labels) == label
        cut += adjacency[members][:, ~members].sum() / adjacency[members].sum()
    return cut


def check_spectral(directed, found, near):
    adjacency = directed + directed.T
    degrees = adjacency.sum(1)
    units = degrees > 0
    scale = 1 / np.sqrt(degrees[units])
    laplacian = np.eye(units.sum()) - scale[:, None] * adjacency[units][:, units] * scale
    eigenvalues = scipy.linalg.eigvalsh(laplacian)
    expected = eigenvalues[:len(found["eigenvalues"])]
    near("eigenvalues", np.abs(found["eigenvalues"] - np.maximum(expected, 0)).max(), 0, 1e-9)
    near("residual", found["residual"], 0, 1e-9)
    near("n-cut", found["ncut"], normalized_cut(directed, found["labels"]), 1e-9)
    near("spectral Q", found["modularity"], newman(directed, found["labels"]), 1e-9)
    gap = eigenvalues[CLUSTERS] - eigenvalues[CLUSTERS - 1] if len(eigenvalues) > CLUSTERS else 1
    if gap > 1e-6:  # else another basis may be meant
        points = scipy.linalg.eigh(laplacian)[1][:, :CLUSTERS] * scale[:, None]
        theirs = KMeans(CLUSTERS, n_init=RESTARTS, random_state=0).fit(points).inertia_
        labels = np.array(found["labels"])[units]
        ours = sum(((points[labels == label] - points[labels == label].mean(0))**2).sum() for label in set(labels))
        near("inertia, recomputed", found["inertia"], ours, 1e-8)
        if ours > theirs * 1.05 + 1e-12:
            raise AssertionError(f"inertia {ours}, scikit-learn's {theirs}")


def check(graph, found):
    """Raises where a number is wrong; returns by how much Leiden's modularities are above leidenalg's."""
    sizes, blocks = graph
    directed = adjacency_of(sizes, blocks)

    def near(what, ours, theirs, tolerance):
        if not abs(ours - theirs) <= tolerance:
            raise AssertionError(f"{what}: {ours}, expected {theirs}")

    labels = {name: found[name]["labels"] for name in ("newman", "directed", "layer_pair")}
    for name, expected in (("newman", newman(directed, labels["newman"])),
                           ("directed", directed_modularity(directed, labels["directed"])),
                           ("layer_pair", layer_pair(sizes, blocks, labels["layer_pair"]))):
        near(f"Q {name}", found[name]["modularity"], expected, 1e-9)
    check_spectral(directed, found["spectral"], near)
    return [found[name]["modularity"] - leidenalg_best(directed, is_directed)
            for name, is_directed in (("newman", False), ("directed", True))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("probe")
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.graphs)
    graphs = [random_graph(seed) for seed in seeds]
    with tempfile.NamedTemporaryFile() as file:
        write(file.name, graphs)
        command = [arguments.probe, file.name, str(CLUSTERS), str(RESTARTS), "1"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(graphs)
    wrong = 0
    gains = []
    for seed, graph, line in zip(seeds, graphs, lines):
        try:
            gains += check(graph, json.loads(line))
        except AssertionError as error:
            wrong += 1
            print(f"seed {seed}, groups {graph[0]}: {error}")
    worse = sum(gain < -AS_GOOD for gain in gains)
    better = sum(gain > AS_GOOD for gain in gains)
    print(f"{len(graphs)} graphs, {wrong} wrong; Leiden better than leidenalg {better} times, worse {worse} times")
    sys.exit(1 if wrong or worse > better or worse > len(gains) / 100 else 0)


if __name__ == "__main__":
    main()
