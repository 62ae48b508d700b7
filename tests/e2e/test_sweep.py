"""Leiden over a range of resolutions, beside leidenalg."""

import unittest

import igraph
import leidenalg
import networkx
import numpy
from sklearn import metrics

import stacked_network
from harness import DIGITS, EndToEndTest

ALONE = ("--method", "leiden", "--nulls", 0, "--stability", 0)


class Sweep(EndToEndTest):
    def leiden(self, model, *options):
        (partition,) = self.modlab_json("score", model, *ALONE, *options)["result"]["score"]["partitions"]
        return partition

    def graph(self, model):
        """The network as igraph has it, its units in modlab's order."""
        path = self.home.path / "graph.graphml"
        self.modlab("graph", model, "-o", path)
        directed = networkx.read_graphml(path)
        number = {unit: i for i, unit in enumerate(directed.nodes)}
        edges = [(number[a], number[b]) for a, b in directed.edges]
        graph = igraph.Graph(len(number), edges)
        graph.es["weight"] = [weight for _, _, weight in directed.edges(data="weight")]
        path.unlink()
        return graph

    def modularity(self, graph, labels, resolution):
        partition = leidenalg.RBConfigurationVertexPartition(
            graph, initial_membership=labels, weights="weight", resolution_parameter=resolution)
        return partition.quality() / (2 * sum(graph.es["weight"]))

    def test_as_much_as_leidenalg(self):
        graph = self.graph(DIGITS)
        # The network has many optima that are nearly as good: single runs of either differ by some percent.
        sweep = self.leiden(DIGITS, "--resolution", "0.2..3", "--resolution-steps", 12, "--leiden-restarts", 60)["sweep"]
        steps = sweep["steps"]
        numpy.testing.assert_allclose([step["resolution"] for step in steps], numpy.geomspace(0.2, 3, 12), rtol=1e-12)
        for step in steps:
            best = max(
                leidenalg.find_partition(graph, leidenalg.RBConfigurationVertexPartition, weights="weight", seed=seed,
                                         n_iterations=-1, resolution_parameter=step["resolution"]).quality()
                for seed in range(5)) / (2 * sum(graph.es["weight"]))
            self.assertGreaterEqual(step["modularity"], best - 1e-4, step["resolution"])
        clusters = [step["clusters"] for step in steps]
        self.assertLess(clusters[0], clusters[-1])
        for plateau in sweep["plateaus"]:
            labels = plateau["labels"]
            self.assertEqual(plateau["clusters"], len(set(labels)))
            self.assertAlmostEqual(plateau["modularity"], self.modularity(graph, labels, plateau["resolution"]), places=9)
            self.assertAlmostEqual(plateau["newman"], self.modularity(graph, labels, 1), places=9)
            # What is the best partition inside the plateau is told by the steps, too.
            for step in steps:
                if step["resolution"] == plateau["resolution"]:
                    self.assertAlmostEqual(step["modularity"], plateau["modularity"])
                self.assertLessEqual(self.modularity(graph, labels, step["resolution"]), step["modularity"] + 1e-9)

    def test_the_reported_partition_is_the_one_at_its_resolution(self):
        swept = self.leiden(DIGITS, "--resolution", "0.2..3", "--resolution-steps", 5, "--seed", 2)
        plain = self.leiden(DIGITS, "--seed", 2)
        self.assertNotIn("sweep", plain)
        self.assertEqual(plain["labels"], swept["labels"])
        self.assertEqual(plain["modularity"], swept["modularity"])
        for plateau in swept["sweep"]["plateaus"]:
            self.assertAlmostEqual(
                plateau["adjustedRandIndex"], metrics.adjusted_rand_score(plateau["labels"], swept["labels"]), places=12)

    def test_plateaus_of_a_network_that_is_modular_by_construction(self):
        network = self.home.path / "stacked.pt"
        planted = stacked_network.make(network)
        job = self.modlab_json("score", network, *ALONE, "--resolution", "0.05..2")
        (partition,) = job["result"]["score"]["partitions"]
        longest = partition["sweep"]["plateaus"][0]
        self.assertEqual(longest["clusters"], 2)
        self.assertGreater(metrics.adjusted_rand_score(longest["labels"], planted), 0.9)
        lengths = [plateau["mostResolution"] / plateau["leastResolution"] for plateau in partition["sweep"]["plateaus"]]
        self.assertEqual(lengths, sorted(lengths, reverse=True))
        self.assertEqual(len(partition["sweep"]["steps"]), 40)
        self.assertIn("k = 2 lasts longest", job["result"]["score"]["reading"])
        self.assertIn("sweep", [timing["phase"] for timing in job["result"]["provenance"]["timings"]])

    def test_the_same_at_any_number_of_threads(self):
        options = ("--resolution", "0.3..4", "--resolution-steps", 15, "--leiden-restarts", 2, "--seed", 5)
        for objective in ("newman", "directed", "layer-pair"):
            one, two = (self.leiden(DIGITS, *options, "--objective", objective, "--threads", n) for n in (1, 2))
            self.assertEqual(one, two)

    def test_the_table(self):
        out, _ = self.modlab("score", DIGITS, *ALONE, "--resolution", "0.2..3")
        self.assertIn("40 resolutions from 0.2 to 3", out)
        self.assertRegex(out, r"(?m)^ +plateau from +to +log length +clusters +at +Q at 1 +ARI$")
        self.assertRegex(out, r"(?m)^ +resolution +clusters +Q +Q at 1 +ARI +VI$")
        self.assertIn("29 more resolutions; -o wide", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 120)
        spec, _ = self.modlab("score", DIGITS, "--method", "leiden", "--resolution", "0.2..3", "--print-spec")
        self.assertIn('"sweep"', spec)

    def test_a_long_sweep_can_be_cancelled(self):
        job, _ = self.modlab("score", DIGITS, *ALONE, "--leiden-restarts", 10000, "--resolution", "0.2..3",
                             "--resolution-steps", 200, "--detach", "-q")
        self.modlab("job", "cancel", job.strip())
        self.modlab("job", "wait", job.strip(), code=1)
        self.assertEqual(self.modlab_json("job", "show", job.strip())["state"], "CANCELLED")


if __name__ == "__main__":
    unittest.main()
