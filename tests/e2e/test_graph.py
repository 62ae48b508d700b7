"""Graphs: the options that say how a network becomes one, and their export, by the client and for other programs."""

import csv
import unittest

import networkx
import numpy

from harness import DIGITS, FIXTURES, EndToEndTest

RESIDUAL = FIXTURES / "residual.pt"
LENET = FIXTURES / "lenet.pt"


class Graphs(EndToEndTest):
    def export(self, model, name, *options):
        path = self.home.path / name
        path.unlink(missing_ok=True)
        out, _ = self.modlab("graph", model, "-o", path, *options)
        self.assertEqual(out.strip(), str(path))
        return path

    def graph(self, model, *options):
        return self.modlab_json("score", model, "-k", 2, "--nulls", 0, *options)["result"]["score"]["graph"]

    def names(self, *options):
        return [group["name"] for group in self.graph(LENET, *options)["groups"]]

    # --- export

    def test_all_formats_hold_the_same_edges(self):
        graph = self.graph(RESIDUAL)
        of_graphml = networkx.read_graphml(self.export(RESIDUAL, "g.graphml"))
        self.assertEqual(of_graphml.number_of_nodes(), graph["units"])
        edges = {(int(source[1:]), int(target[1:])): data["weight"] for source, target, data in of_graphml.edges(data=True)}
        self.assertEqual(len(edges), graph["edges"])
        self.assertEqual({of_graphml.nodes[f"n{unit}"]["group"] for unit in range(graph["units"])},
                         {group["name"] for group in graph["groups"]})

        with self.export(RESIDUAL, "e.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({(int(row["source"]), int(row["target"])): float(row["weight"]) for row in rows}, edges)
        self.assertEqual({row["layer"] for row in rows}, {"stem", "conv1", "conv2", "branch", "fc1", "fc2"})

        blocks = numpy.load(self.export(RESIDUAL, "b.npz"))
        first = numpy.concatenate([[0], numpy.cumsum(blocks["group_units"])])
        of_blocks = {}
        for i, (source, target) in enumerate(zip(blocks["block_sources"], blocks["block_targets"])):
            matrix = blocks[f"block_{i}"]
            for t, s in zip(*numpy.nonzero(matrix)):
                unit = (first[source] + blocks["block_source_offsets"][i] + s,
                        first[target] + blocks["block_target_offsets"][i] + t)
                of_blocks[unit] = matrix[t, s]
        self.assertEqual(of_blocks, edges)

    def test_only_the_heaviest(self):
        with self.export(DIGITS, "e.csv").open(newline="") as file:
            weights = sorted((float(row["weight"]) for row in csv.DictReader(file)), reverse=True)
        with self.export(DIGITS, "e.csv", "--top", 100).open(newline="") as file:
            top = [float(row["weight"]) for row in csv.DictReader(file)]
        self.assertEqual(sorted(top, reverse=True), weights[:100])
        with self.export(DIGITS, "e.csv", "--threshold", weights[50]).open(newline="") as file:
            self.assertEqual(len(list(csv.DictReader(file))), 50)

    def test_to_standard_output(self):
        out, _ = self.modlab("graph", DIGITS, "-o", "-", "--format", "csv", "--top", 3)
        self.assertEqual(len(out.splitlines()), 4)

    def test_what_is_wrong_is_said_before_the_work(self):
        path = self.home.path / "there.csv"
        path.write_text("precious")
        _, err = self.modlab("graph", DIGITS, "-o", path, code=2)
        self.assertIn("--overwrite", err)
        self.assertEqual(path.read_text(), "precious")
        self.assertNotIn("waiting for", err)
        _, err = self.modlab("graph", DIGITS, "-o", self.home.path / "graph.txt", code=2)
        self.assertIn(".graphml, .csv or .npz", err)
        _, err = self.modlab("graph", DIGITS, "-o", self.home.path / "fresh.csv", "--top", 0, code=6)
        self.assertIn("job.spec.graph.top", err)
        self.modlab("graph", DIGITS, code=2)

    def test_a_huge_graph_is_not_written_by_accident(self):
        # 784 x 392 + 392 x 10 edges are few enough; a network of two thousand units on each side is not.
        large = FIXTURES / "wide.pt"
        _, err = self.modlab("graph", large, "-o", self.home.path / "e.csv", code=1)
        self.assertIn("top", err)
        self.assertEqual(len(self.export(large, "e.csv", "--top", 10).read_text().splitlines()), 11)

    def test_the_job_can_be_seen_and_fetched_again(self):
        self.export(DIGITS, "e.csv", "--top", 3)
        job = self.modlab_json("job", "list", "--kind", "graph")["jobs"][0]
        self.assertEqual((job["kind"], job["state"]), ("GRAPH", "SUCCEEDED"))
        result, _ = self.modlab("job", "result", job["name"])
        self.assertIn("hidden", result)
        out, _ = self.modlab("job", "artifacts", job["name"])
        self.assertIn("edges.csv", out)

    # --- options

    def test_layers_and_units_that_take_part(self):
        self.assertEqual(self.names(), ["input", "conv1", "conv2", "fc1", "fc2"])
        self.assertEqual(self.names("--layers", "fc*"), ["conv2", "fc1", "fc2"])
        self.assertEqual(self.names("--layers", "conv*", "--layers", "fc1", "--no-input-units"), ["conv1", "conv2", "fc1"])
        self.assertEqual(self.names("--no-output-units"), ["input", "conv1", "conv2", "fc1"])
        self.assertEqual(self.names("--cnn-layers", "convolutions"), ["input", "conv1", "conv2"])
        self.assertEqual(self.names("--cnn-layers", "convolution-outputs"), ["conv1", "conv2"])
        _, err = self.modlab("score", LENET, "-k", 2, "--layers", "dense*", code=1)
        self.assertRegex(err, r"dense\*.*conv1, conv2, fc1, fc2")

    def test_normalisation_takes_out_how_units_are_scaled(self):
        scaled = FIXTURES / "residual_scaled.pt"

        def numbers(model, *options):
            partition = self.modlab_json("score", model, "-k", 3, "--nulls", 0, *options)["result"]["score"]["partitions"][0]
            return partition["modularity"]["newman"], partition["ncut"]

        self.assertNotAlmostEqual(numbers(RESIDUAL)[0], numbers(scaled)[0], places=6)
        numpy.testing.assert_allclose(numbers(RESIDUAL, "--normalization", "unit-incoming"),
                                      numbers(scaled, "--normalization", "unit-incoming"), rtol=1e-9)
        blocks = self.graph(RESIDUAL, "--normalization", "layer-mean")["blocks"]
        self.assertTrue(all(abs(block["weight"] - block["entries"]) < 1e-9 for block in blocks))

    def test_presets(self):
        cases = {
            "toumei": (["input", "conv1", "conv2"], 8, 100),
            "filan": (["conv1", "conv2"], 12, 25),
            "hod": (["conv1", "conv2"], 16, 25),
            "nn-clustering-pytorch": (["input", "conv1", "conv2", "fc1", "fc2"], 4, 100)
        }
        for preset, (groups, clusters, restarts) in cases.items():
            with self.subTest(preset):
                job = self.modlab_json("score", LENET, "--preset", preset, "--nulls", 0)
                self.assertEqual([group["name"] for group in job["result"]["score"]["graph"]["groups"]], groups)
                spectral = job["result"]["provenance"]["spec"]["score"]["partitions"][0]["spectral"]
                self.assertEqual(spectral, {"clusters": clusters, "restarts": restarts})
        job = self.modlab_json("score", LENET, "--preset", "filan", "-k", 3, "--kernel-norm", "l2")
        spec = job["result"]["provenance"]["spec"]["score"]
        self.assertEqual(spec["partitions"][0]["spectral"], {"clusters": 3, "restarts": 25})
        self.assertEqual(spec["graph"]["kernelNorm"], "L2")

    def test_inputs_that_are_indices(self):
        tokens = FIXTURES / "tokens_only.pt"
        self.assertEqual([group["operation"] for group in self.graph(tokens)["groups"]],
                         ["vocabulary", "embedding", "lstm", "linear"])
        shapes = self.modlab_json("score", tokens, "-k", 2, "--input-shape", "2,9:int32")["spec"]["score"]["inputShapes"]
        self.assertEqual(shapes, [{"dimensions": [2, 9], "dtype": "int32"}])
        _, err = self.modlab("score", tokens, "-k", 2, "--input-shape", "2,9:text", code=6)
        self.assertIn("int64", err)

    def test_a_wrong_shape_does_not_stay_with_the_model(self):
        model = FIXTURES / "weight_norm.pt"
        self.modlab("score", model, "-k", 2, "--input-shape", "1,7", code=1)
        self.modlab("score", model, "-k", 2)

    def test_a_model_shows_its_groups(self):
        model = self.push(RESIDUAL)
        out, _ = self.modlab("model", "show", model.name)
        self.assertRegex(out, r"(?m)^ *stem +conv2d +4 +2 +\d+\.\d %$")
        self.assertIn("23 units in 6 groups", out)
        graph = self.modlab_json("model", "show", model.name)["inspection"]["graph"]
        self.assertEqual({block["layer"] for block in graph["blocks"]}, {"stem", "conv1", "conv2", "branch", "fc1", "fc2"})


if __name__ == "__main__":
    unittest.main()
