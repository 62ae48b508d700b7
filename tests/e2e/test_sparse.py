"""Networks of sparse tensors: the same numbers as dense ones, and memory that follows the weights.

Usage: test_sparse.py [--long]: the large network with five times the weights, pruned to a hundredth, and a null model.
"""

import sys
import unittest

import numpy
import scipy.sparse
import torch
from sklearn import metrics
from torch import nn

import sparse_network
from harness import EndToEndTest

WIDTH, LAYERS = 10_000, 10
DENSITY, NULLS = (0.01, 1) if "--long" in sys.argv else (0.002, 0)
MEBIBYTE = 1 << 20


def adjacency(network):
    """The graph as SciPy has it, read from the network's own tensors."""
    weights = [module.weight for module in network if hasattr(module, "weight")]
    blocks = [[None] * (len(weights) + 1) for _ in range(len(weights) + 1)]
    for layer, weight in enumerate(weights):
        csr = scipy.sparse.csr_matrix(
            (weight.values().abs().double().numpy(), weight.col_indices().numpy(), weight.crow_indices().numpy()),
            weight.shape)
        blocks[layer + 1][layer] = csr
        blocks[layer][layer + 1] = csr.T
    return scipy.sparse.bmat(blocks, format="csr")


def modularity(graph, labels):
    members = scipy.sparse.csr_matrix((numpy.ones(len(labels)), (numpy.arange(len(labels)), labels)))
    within = (members.T @ graph @ members).diagonal().sum()
    strengths = members.T @ numpy.asarray(graph.sum(axis=1)).ravel()
    total = graph.sum()
    return within / total - (strengths**2).sum() / total**2


class Sparse(EndToEndTest):

    def save(self, network, name):
        path = self.home.path / name
        torch.jit.script(network).save(str(path))
        return path

    def score(self, model, *options):
        answer = self.modlab_json("score", model, *options)
        return {partition["method"].lower(): partition for partition in answer["result"]["score"]["partitions"]}, answer

    def test_numbers_are_those_of_the_dense_network(self):
        network = sparse_network.sparse_network(60, 4, 0.2)
        dense = []
        for module in network:
            if hasattr(module, "weight"):
                dense.append(nn.Linear(60, 60, bias=False))
                with torch.no_grad():
                    dense[-1].weight.copy_(module.weight.to_dense())
            else:
                dense.append(module)
        options = ("--seed", 3, "-k", 6, "--nulls", 39, "--stability", 3)
        sparse, _ = self.score(self.save(network, "sparse.pt"), *options)
        wanted, _ = self.score(self.save(nn.Sequential(*dense), "dense.pt"), *options)
        graph = adjacency(network)
        for method in ("spectral", "leiden"):
            found = sparse[method]
            self.assertAlmostEqual(found["modularity"]["newman"], modularity(graph, found["labels"]), places=9)
            self.assertAlmostEqual(found["modularity"]["newman"], wanted[method]["modularity"]["newman"], places=9)
            self.assertEqual(metrics.adjusted_rand_score(found["labels"], wanted[method]["labels"]), 1)
            # Nulls are drawn in another way, so only their distribution is the same.
            mine, theirs = (partition[method]["significance"]["modularity"] for partition in (sparse, wanted))
            self.assertLess(abs(mine["mean"] - theirs["mean"]), 5 * theirs["sd"] / 39**0.5 * 2**0.5)
            self.assertEqual(mine["p"], 1 / 40)

    def test_inspection_counts_what_is_stored(self):
        network = sparse_network.sparse_network(60, 4, 0.2)
        model = self.push(self.save(network, "counted.pt"))
        inspection = self.modlab_json("model", "show", model.name.partition("/")[2])["inspection"]
        stored = [module.weight.values().numel() for module in network if hasattr(module, "weight")]
        self.assertEqual([tensor["elements"] for tensor in inspection["tensors"]], stored)
        self.assertEqual(inspection["parameters"], sum(stored))

    def test_memory_follows_the_weights(self):
        network = sparse_network.sparse_network(WIDTH, LAYERS, DENSITY)
        model = self.save(network, "large.pt")
        graph = adjacency(network)
        dense_bytes = 4 * (LAYERS - 1) * WIDTH**2
        # With stability, and a null model in the long form, so that everything that a score does has been done.
        found, answer = self.score(model, "--memory-limit", "2GiB", "-k", sparse_network.PARTS, "--restarts", 5,
                                   "--leiden-restarts", 1, "--nulls", NULLS, "--stability", 2)
        planted = numpy.tile(numpy.arange(WIDTH) % sparse_network.PARTS, LAYERS)
        for method, partition in found.items():
            file = self.home.path / f"{method}.npy"
            self.modlab("job", "fetch", answer["name"].split("/")[-1], partition["labelsArtifact"], "--to", file)
            labels = numpy.load(file)
            self.assertEqual(len(labels), WIDTH * LAYERS)
            self.assertAlmostEqual(partition["modularity"]["newman"], modularity(graph, labels), places=9)
            self.assertGreater(metrics.adjusted_rand_score(planted, labels), 0.99, method)
        peak = answer["attempts"][-1]["peakMemoryBytes"]
        self.assertLess(peak, dense_bytes / 3, f"{peak / MEBIBYTE:.0f} MiB")


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--long"])
