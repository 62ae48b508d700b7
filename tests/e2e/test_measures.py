"""Measures of a partition: computed once more, by NetworkX and NumPy, from the graph as it is exported."""

import unittest

import networkx
import numpy

from harness import DIGITS, FIXTURES, EndToEndTest


class Measures(EndToEndTest):
    def blocks_of(self, model, *options):
        """The matrices of the blocks, [source][target], over all units."""
        path = self.home.path / "blocks.npz"
        path.unlink(missing_ok=True)
        self.modlab("graph", model, "-o", path, *options)
        file = numpy.load(path)
        first = numpy.concatenate([[0], numpy.cumsum(file["group_units"])])
        blocks = []
        for i, (source, target) in enumerate(zip(file["block_sources"], file["block_targets"])):
            matrix = file[f"block_{i}"].T
            row = first[source] + file["block_source_offsets"][i]
            column = first[target] + file["block_target_offsets"][i]
            block = numpy.zeros((first[-1], first[-1]))
            block[row:row + matrix.shape[0], column:column + matrix.shape[1]] = matrix
            blocks.append(block)
        return blocks

    def check(self, model, *options, resolution=1.0):
        score = self.modlab_json("score", model, "-k", 3, "--nulls", 0, "--resolution", resolution,
                                 *options)["result"]["score"]
        blocks = self.blocks_of(model, *options)
        for partition in score["partitions"]:
            labels = numpy.array(partition["labels"])
            clusters = [set(numpy.flatnonzero(labels == c).tolist()) for c in range(partition["clusters"])]
            said = partition["modularity"]
            directed = networkx.DiGraph()
            undirected = networkx.Graph()
            for source, target in zip(*sum(blocks).nonzero()):
                weight = sum(block[source, target] for block in blocks)
                directed.add_edge(source, target, weight=weight)
                known = undirected.get_edge_data(source, target, {"weight": 0})["weight"]
                undirected.add_edge(source, target, weight=known + weight)
            modularity = networkx.community.modularity
            self.assertAlmostEqual(said["newman"], modularity(undirected, clusters, resolution=resolution), places=12)
            self.assertAlmostEqual(said["directed"], modularity(directed, clusters, resolution=resolution), places=12)

            member = numpy.stack([labels == c for c in range(partition["clusters"])]).astype(float)
            excess = 0.0
            for block in blocks:
                between = member @ block @ member.T
                out, into = member @ block.sum(1), member @ block.sum(0)
                excess += numpy.trace(between) - resolution * (out @ into) / block.sum()
            self.assertAlmostEqual(said["layerPair"], excess / sum(blocks).sum(), places=12)

            adjacency = sum(blocks) + sum(blocks).T
            volume = member @ adjacency.sum(1)
            cut = (volume - numpy.diag(member @ adjacency @ member.T)) / volume
            self.assertAlmostEqual(partition["ncut"], cut.sum(), places=10)

    def test_a_chain(self):
        self.check(DIGITS)
        self.check(DIGITS, resolution=0.5)

    def test_merges_and_branches(self):
        self.check(FIXTURES / "residual.pt")

    def test_weights_from_a_layer_to_itself(self):
        self.check(FIXTURES / "lstm.pt", "--input-shape", "1,7,8")

    def test_grouped_convolutions_normalised(self):
        self.check(FIXTURES / "grouped.pt", "--normalization", "unit-incoming", resolution=2.0)


if __name__ == "__main__":
    unittest.main()
