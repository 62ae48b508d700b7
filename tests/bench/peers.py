"""Does the peers' part of compare.py: answers each line of JSON on standard input with one on standard output.

Usage: peers.py BLOCKS, where BLOCKS is the graph that bench_probe has written. `seconds` are the peer's own
computation: its graph is there before, and what is needed to judge the result comes after.
"""

import json
import resource
import sys
import time
from unittest import mock

import numpy as np
import scipy.sparse.linalg
from sklearn import cluster as sklearn_cluster

import blocks

ROWS_AT_ONCE = 256


class Stopwatch:
    def __enter__(self):
        self.start = time.perf_counter()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.start


def modularity(adjacency, labels):
    """Newman's, of labels 0 ... k - 1."""
    member = scipy.sparse.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), labels)))
    internal = (member.T @ adjacency @ member).diagonal()
    volume = member.T @ np.asarray(adjacency.sum(axis=1)).ravel()
    total = volume.sum()
    return float((internal / total - (volume / total) ** 2).sum())


def largest_residual(adjacency, maps):
    """|L v - lambda v| of v = D^1/2 u, for the columns u of an embedding."""
    root = np.sqrt(np.asarray(adjacency.sum(axis=1)).ravel())
    vectors = root[:, None] * maps
    vectors /= np.linalg.norm(vectors, axis=0)
    images = (adjacency @ (vectors / root[:, None])) / root[:, None]
    values = (vectors * images).sum(axis=0)
    return float(np.linalg.norm(images - values * vectors, axis=0).max())


class Peers:
    """The public functions are the tasks."""

    def __init__(self, path):
        self._graph = blocks.read_graph(path)
        self._kept = {}

    def _once(self, name, make):
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def _adjacency(self):
        return self._once("adjacency", self._graph.adjacency)

    def _igraph(self):
        def make():
            import igraph
            targets, sources, weights = self._graph.edges()
            graph = igraph.Graph(self._graph.units, np.column_stack((targets, sources)))
            graph.es["weight"] = weights
            return graph

        return self._once("igraph", make)

    def spectral(self, clusters, restarts, seed):
        """scikit-learn on a sparse matrix."""
        adjacency = self._adjacency()
        clustering = spectral_clustering(clusters, restarts, seed)
        # It tells neither its embedding nor its inertia.
        seen = {}

        def observed(maps, *arguments, **named):
            found = sklearn_cluster.k_means(maps, *arguments, **named)
            seen.update(maps=maps, inertia=found[2])
            return found

        with mock.patch("sklearn.cluster._spectral.k_means", observed), Stopwatch() as watch:
            labels = clustering.fit(adjacency).labels_
        return {
            "seconds": watch.seconds,
            "modularity": modularity(adjacency, labels),
            "inertia": float(seen["inertia"]),
            "residual": largest_residual(adjacency, seen["maps"]),
        }

    def toumei(self, clusters, restarts, seed, as_published):
        """toumei's way: the graph edge by edge in NetworkX, scikit-learn on its matrix, NetworkX's modularity."""
        import networkx
        edges = self._edges_as_published if as_published else self._edges_from_lists
        if as_published:
            self._tensors()  # loads PyTorch
        with Stopwatch() as watch:
            graph = networkx.Graph()
            graph.add_nodes_from(range(self._graph.units))  # in order, for the adjacency's rows
            for source, target, attributes in edges(graph):
                graph.add_edge(source, target, **attributes)
            labels = spectral_clustering(clusters, restarts, seed).fit(networkx.to_numpy_array(graph)).labels_
            parts = [{unit for unit, label in enumerate(labels) if label == part} for part in range(clusters)]
            found = networkx.community.modularity(graph, [part for part in parts if part])
        return {"seconds": watch.seconds, "modularity": found}

    def _edges_from_lists(self, _):
        for block in self._graph.blocks:
            for target, row in enumerate(block.weights.tolist()):
                for source, weight in enumerate(row):
                    yield block.source + source, block.target + target, {"weight": weight}

    def _edges_as_published(self, graph):
        """As toumei's MLPGraph does it: looks each weight up in a tensor, twice, keeps three attributes, and counts all
        edges before it adds one."""
        for block, weights in zip(self._graph.blocks, self._tensors()):
            for source in range(weights.shape[1]):
                for target in range(weights.shape[0]):
                    weight = weights[target, source].detach().abs().item()
                    title = weights[target, source].detach().item()
                    len(graph.edges.items())
                    yield block.source + source, block.target + target, dict(weight=weight, title=title, value=weight)

    def _tensors(self):
        def make():
            import torch
            return [torch.from_numpy(block.weights) for block in self._graph.blocks]

        return self._once("tensors", make)

    def kmeans(self, points, clusters, restarts, seed):
        """scikit-learn on the points of our embedding."""
        points = np.ascontiguousarray(np.fromfile(points).reshape(clusters, -1).T)
        with Stopwatch() as watch:
            fitted = sklearn_cluster.KMeans(clusters, n_init=restarts, random_state=seed).fit(points)
        return {"seconds": watch.seconds, "inertia": fitted.inertia_}

    def leiden(self, seeds):
        """leidenalg, once for each seed."""
        import leidenalg
        graph = self._igraph()
        seconds, found = [], []
        for seed in seeds:
            with Stopwatch() as watch:
                partition = leidenalg.find_partition(
                    graph, leidenalg.ModularityVertexPartition, weights="weight", seed=seed)
            seconds.append(watch.seconds)
            found.append(partition.quality())  # its `modularity` knows no weights
        return {"seconds": seconds, "modularity": found}

    def nulls(self, samples, clusters, restarts, seed):
        """A loop of shuffling, scikit-learn and modularity."""
        found = []
        with Stopwatch() as watch:
            for sample in range(samples):
                adjacency = self._graph.shuffled(np.random.default_rng((seed, sample))).adjacency()
                labels = spectral_clustering(clusters, restarts, sample).fit(adjacency).labels_
                found.append(modularity(adjacency, labels))
        return {"seconds": watch.seconds, "modularity": found}

    def eigsh(self, clusters, residual):
        """SciPy's Lanczos on D^-1/2 A D^-1/2, without a matrix of it. Counts how often that is applied."""
        units = self._graph.units
        degrees = apply_blocks(self._graph, np.ones(units))
        scale = np.where(degrees > 0, degrees, 1) ** -0.5
        applications = 0

        def apply(x):
            nonlocal applications
            applications += 1
            return scale * apply_blocks(self._graph, scale * x.ravel())

        operator = scipy.sparse.linalg.LinearOperator((units, units), apply, dtype=np.float64)
        start = np.random.default_rng(1).uniform(-1, 1, units)
        with Stopwatch() as watch:
            values, vectors = scipy.sparse.linalg.eigsh(operator, clusters, which="LA", tol=residual, v0=start)
        taken = applications
        residuals = [np.linalg.norm(apply(vector) - value * vector) for value, vector in zip(values, vectors.T)]
        return {"seconds": watch.seconds, "applications": taken, "residual": float(max(residuals))}


def spectral_clustering(clusters, restarts, seed):
    return sklearn_cluster.SpectralClustering(
        clusters, affinity="precomputed", eigen_solver="arpack", assign_labels="kmeans", n_init=restarts,
        random_state=seed)


def apply_blocks(graph, x):
    """A x in double precision, some rows at a time: never a second copy of the weights."""
    y = np.zeros(graph.units)
    for block in graph.blocks:
        targets, sources = block.weights.shape
        of_sources = x[block.source:block.source + sources]
        for first in range(0, targets, ROWS_AT_ONCE):
            rows = block.weights[first:first + ROWS_AT_ONCE].astype(np.float64)
            written = slice(block.target + first, block.target + first + len(rows))
            y[written] += rows @ of_sources
            y[block.source:block.source + sources] += x[written] @ rows
    return y


def limit_memory():
    """To most of what is free, so that too large a matrix is an error and not the end of something else."""
    with open("/proc/meminfo") as file:
        available = next(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    resource.setrlimit(resource.RLIMIT_DATA, (available * 3 // 4,) * 2)


def main():
    limit_memory()
    peers = Peers(sys.argv[1])
    for line in sys.stdin:
        try:
            options = json.loads(line)
            answer = getattr(peers, options.pop("task"))(**options)
        except MemoryError:
            answer = {"failure": "out of memory"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
