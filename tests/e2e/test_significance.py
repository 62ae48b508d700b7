"""Null models, other seeds, and several partitions of one network, through the real programs."""

import unittest

import networkx
import numpy
import torch
from sklearn import metrics

import pruned_network
import stacked_network
from harness import DIGITS, FIXTURES, EndToEndTest


class Score(EndToEndTest):
    def score(self, model, *options):
        return self.modlab_json("score", model, *options)["result"]["score"]

    def test_the_default_is_spectral_and_leiden_with_nulls_and_seeds(self):
        job = self.modlab_json("score", DIGITS, "--seed", 3)
        score = job["result"]["score"]
        spectral, leiden = score["partitions"]
        self.assertEqual((spectral["method"], leiden["method"]), ("SPECTRAL", "LEIDEN"))
        self.assertEqual([choice["clusters"] for choice in spectral["choices"]], list(range(2, 17)))
        best = max(spectral["choices"], key=lambda choice: choice["modularity"])
        self.assertEqual(best["clusters"], spectral["clusters"])
        self.assertEqual(best["modularity"], spectral["modularity"]["newman"])
        self.assertEqual(len(spectral["eigenvalues"]), 17)
        self.assertLess(spectral["residual"], 1e-9)
        self.assertGreaterEqual(leiden["modularity"]["newman"], spectral["modularity"]["newman"] - 1e-3)

        for partition in (spectral, leiden):
            significance = partition["significance"]
            self.assertEqual((significance["nullModel"], significance["samples"]), ("LAYER", 100))
            observed = {"modularity": partition["modularity"]["newman"], "ncut": partition["ncut"]}
            for name, sign in (("modularity", 1), ("ncut", -1)):
                test, values = significance[name], numpy.array(significance[name]["values"])
                self.assertEqual(len(values), 100)
                self.assertAlmostEqual(test["mean"], values.mean(), places=12)
                self.assertAlmostEqual(test["sd"], values.std(ddof=1), places=12)
                self.assertAlmostEqual(test["z"], (observed[name] - values.mean()) / values.std(ddof=1), places=6)
                extreme = (sign * values >= sign * observed[name]).sum()
                self.assertAlmostEqual(test["p"], (1 + extreme) / 101, places=12)
                self.assertGreaterEqual(test["pAdjusted"], test["p"])
            mean, most = significance["modularity"]["mean"], significance["largestModularity"]
            self.assertGreater(most, observed["modularity"])
            self.assertAlmostEqual(significance["normalizedModularity"], (observed["modularity"] - mean) / (most - mean),
                                   places=12)
            stability = partition["stability"]
            self.assertEqual(stability["runs"], 5)
            for measure in ("adjustedRandIndex", "normalizedMutualInformation", "adjustedMutualInformation"):
                self.assertLessEqual(stability[measure]["least"], stability[measure]["mean"] + 1e-12)
                self.assertLessEqual(stability[measure]["most"], 1 + 1e-12)
            self.assertAlmostEqual(
                stability["consensusAdjustedRandIndex"],
                metrics.adjusted_rand_score(stability["consensusLabels"], partition["labels"]), places=12)

        (agreement,) = score["agreements"]
        labels = spectral["labels"], leiden["labels"]
        self.assertAlmostEqual(agreement["adjustedRandIndex"], metrics.adjusted_rand_score(*labels), places=12)
        self.assertAlmostEqual(agreement["normalizedMutualInformation"], metrics.normalized_mutual_info_score(*labels),
                               places=12)
        self.assertAlmostEqual(agreement["adjustedMutualInformation"], metrics.adjusted_mutual_info_score(*labels),
                               places=9)
        for words in ("Spectral clustering (k = ", "Leiden (k = ", "shuffled weights", "ARI"):
            self.assertIn(words, score["reading"])
        phases = [timing["phase"] for timing in job["result"]["provenance"]["timings"]]
        for phase in ("load", "read", "embed", "cluster", "leiden", "measure", "stability", "nulls"):
            self.assertIn(phase, phases)

    def test_the_same_seed_gives_the_same_bits_at_any_number_of_threads(self):
        options = ("--nulls", 20, "--restarts", 10, "--leiden-restarts", 2, "--seed", 5)
        one, two = (self.score(DIGITS, *options, "--threads", threads) for threads in (1, 2))
        self.assertEqual(one, two)
        self.assertNotEqual(one, self.score(DIGITS, *options[:-1], 6))

    def test_a_planted_partition_is_measured_as_it_is(self):
        labels = [7] * 53 + [2] * 52 + [-1]
        file = self.home.path / "labels.npy"
        numpy.save(file, numpy.array(labels))
        (partition,) = self.score(DIGITS, "--method", "planted", "--planted", file, "--nulls", 30)["partitions"]
        self.assertEqual(partition["method"], "PLANTED")
        self.assertEqual(partition["labels"], [0] * 53 + [1] * 52 + [-1])
        self.assertEqual(partition["sizes"], [53, 52])
        self.assertNotIn("stability", partition)
        self.assertEqual(len(partition["significance"]["modularity"]["values"]), 30)

    def test_every_null_model(self):
        for null in ("layer", "layer-nonzero", "degree", "random-init"):
            with self.subTest(null):
                (partition,) = self.score(FIXTURES / "residual.pt", "--method", "spectral", "-k", 3, "--null-model", null,
                                          "--nulls", 12, "--stability", 0)["partitions"]
                significance = partition["significance"]
                self.assertEqual(significance["nullModel"], null.upper().replace("-", "_"))
                self.assertEqual(significance["samples"], 12)
                self.assertGreater(len(set(significance["ncut"]["values"])), 3)

    def test_clusters_of_single_units_in_every_run(self):
        spectral, _ = self.score(DIGITS, "-k", 40, "--nulls", 3)["partitions"]
        self.assertEqual(spectral["clusters"], 40)
        self.assertEqual(spectral["stability"]["runs"], 5)

    def test_stopping_early_keeps_p(self):
        (partition,) = self.score(DIGITS, "--method", "spectral", "-k", 3, "--null-model", "random-init", "--nulls", 400,
                                  "--stop-at", 3, "--stability", 0)["partitions"]
        for name in ("modularity", "ncut"):
            test = partition["significance"][name]
            observed = partition["modularity"]["newman"] if name == "modularity" else partition["ncut"]
            sign = 1 if name == "modularity" else -1
            exceed = [i for i, value in enumerate(test["values"]) if sign * value >= sign * observed]
            expected = 3 / (exceed[2] + 1) if len(exceed) >= 3 else (1 + len(exceed)) / (1 + len(test["values"]))
            self.assertAlmostEqual(test["p"], expected, places=12)

    def test_leidens_objectives(self):
        for objective, field in (("newman", "newman"), ("directed", "directed"), ("layer-pair", "layerPair"),
                                 ("signed", "signed")):
            (partition,) = self.score(DIGITS, "--method", "leiden", "--objective", objective, "--nulls", 5,
                                      "--stability", 2)["partitions"]
            self.assertEqual(partition["objective"], objective.upper().replace("-", "_"))
            mean = numpy.mean(partition["significance"]["modularity"]["values"])
            test = partition["significance"]["modularity"]
            self.assertAlmostEqual(test["z"] * test["sd"] + mean, partition["modularity"][field], places=9)

    def test_tables_of_clusters_layers_and_units(self):
        score = self.score(DIGITS, "--method", "leiden", "--nulls", 0, "--stability", 0)
        (partition,) = score["partitions"]
        path = self.home.path / "graph.graphml"
        self.modlab("graph", DIGITS, "-o", path)
        graph = networkx.read_graphml(path).to_undirected()
        order = list(networkx.read_graphml(path).nodes)
        label_of = dict(zip(order, partition["labels"]))
        clusters = [{unit for unit in order if label_of[unit] == c} for c in range(partition["clusters"])]
        weights = networkx.to_numpy_array(graph, nodelist=order, weight="weight")
        member = numpy.stack([[label_of[unit] == c for unit in order] for c in range(partition["clusters"])]).astype(float)
        to_clusters = weights @ member.T
        participation = 1 - ((to_clusters / to_clusters.sum(1, keepdims=True))**2).sum(1)
        numpy.testing.assert_allclose(partition["participation"], participation, atol=1e-6)
        for cluster, measures in zip(clusters, partition["clusterMeasures"]):
            self.assertAlmostEqual(measures["volume"], networkx.volume(graph, cluster, weight="weight"), places=6)
            self.assertAlmostEqual(measures["internalWeight"], graph.subgraph(cluster).size(weight="weight"), places=6)
            self.assertAlmostEqual(measures["conductance"], networkx.conductance(graph, cluster, weight="weight"), places=9)
        first = 0
        labels = numpy.array(partition["labels"])
        for group, measures in zip(score["graph"]["groups"], partition["groupMeasures"]):
            units = numpy.arange(first, first + group["units"])
            within = to_clusters[units, labels[units]].sum() / to_clusters[units].sum()
            self.assertAlmostEqual(measures["within"], within, places=9)
            self.assertAlmostEqual(measures["participation"], participation[units].mean(), places=9)
            first += group["units"]

    def test_a_pruned_network_is_more_clusterable_than_its_shuffled_weights(self):
        """As Filan et al. 2021 publish it of networks trained with dropout and pruned."""
        path = self.home.path / "pruned.pt"
        torch.jit.script(pruned_network.pruned(*pruned_network.digits(), width=128, depth=3)).save(str(path))
        (partition,) = self.score(path, "--preset", "filan", "--method", "spectral", "--nulls", 19, "--stability", 0,
                                  "--seed", 1)["partitions"]
        self.assertEqual(partition["clusters"], 12)
        ncut = partition["significance"]["ncut"]
        self.assertLess(partition["ncut"], min(ncut["values"]))
        self.assertAlmostEqual(ncut["p"], 1 / 20, places=12)
        self.assertLess(ncut["z"], -3)

    def test_a_network_that_is_modular_by_construction(self):
        network, labels = self.home.path / "stacked.pt", self.home.path / "labels.txt"
        labels.write_text("\n".join(map(str, stacked_network.make(network))))
        out, _ = self.modlab("score", network, "--planted", labels, "--nulls", 19)
        for words in ("Planted partition, 2 clusters", "Leiden, ", "null models", "stability", "Qm", "in words"):
            self.assertIn(words, out)
        spectral, leiden, planted = self.score(network, "--planted", labels, "--nulls", 19)["partitions"]
        self.assertAlmostEqual(planted["modularity"]["newman"], 0.5, delta=0.02)
        self.assertGreaterEqual(leiden["modularity"]["newman"], planted["modularity"]["newman"] - 1e-12)
        self.assertGreaterEqual(spectral["modularity"]["newman"], planted["modularity"]["newman"] - 0.002)
        for partition in (spectral, leiden, planted):
            self.assertAlmostEqual(partition["significance"]["modularity"]["p"], 1 / 20)


if __name__ == "__main__":
    unittest.main()
