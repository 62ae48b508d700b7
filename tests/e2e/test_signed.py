"""The signed modularity: computed once more by NumPy from the networks' own weights, and Leiden's beside leidenalg's."""

import unittest

import igraph
import leidenalg
import numpy
import torch
from torch import nn

from harness import DIGITS, EndToEndTest

NORMS = {
    "l1": lambda kernel: kernel.sum(),
    "l2": lambda kernel: numpy.sqrt((kernel**2).sum()),
    "max-column-sum": lambda kernel: kernel.sum(0).max(),
    "spectral": lambda kernel: numpy.linalg.norm(kernel, 2),
    "mean-abs": lambda kernel: kernel.mean(),
}


def random_network(*layers, seed=1):
    """In double, its norms' gamma and statistics drawn: about every second gamma is negative."""
    generator = torch.Generator().manual_seed(seed)
    network = nn.Sequential(*layers).double().eval()
    with torch.no_grad():
        for part in network:
            for parameter in part.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.double))
            if hasattr(part, "running_var"):
                part.running_var.copy_(0.5 + torch.rand(part.running_var.shape, generator=generator))
    return network


def scale_of(norm):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    assert (scale < 0).any() and (scale > 0).any()
    return scale.detach().numpy()


def weight_of(layer):
    return layer.weight.detach().numpy()


def blocks_of(kernels, norm="l1"):
    """The positive and the negative weights [out][in] of kernels [out][in][rows][columns]."""
    return [numpy.array([[NORMS[norm](part) for part in row] for row in parts])
            for parts in (numpy.maximum(kernels, 0), numpy.maximum(-kernels, 0))]


def as_kernels(matrix):
    return matrix[:, :, None, None]


def flattened(matrix, channels):
    """The weights that read each channel after a flatten, one above the other."""
    return matrix.reshape(len(matrix), channels, -1, 1)


def chain(blocks):
    """Positive and negative adjacency of layers' blocks, each [out][in]."""
    sizes = [blocks[0][0].shape[1]] + [block[0].shape[0] for block in blocks]
    first = numpy.cumsum([0] + sizes)
    adjacencies = []
    for sign in (0, 1):
        adjacency = numpy.zeros((first[-1], first[-1]))
        for i, block in enumerate(blocks):
            adjacency[first[i + 1]:first[i + 2], first[i]:first[i + 1]] = block[sign]
        adjacencies.append(adjacency + adjacency.T)
    return adjacencies


def modularity_of(adjacencies, labels, resolution=1.0):
    labels = numpy.array(labels)
    together = (labels[:, None] == labels) & (labels[:, None] >= 0)
    excess = total = 0
    for adjacency, sign in zip(adjacencies, (1, -1)):
        degrees = adjacency.sum(0)
        total += adjacency.sum()
        if adjacency.any():
            excess += sign * (adjacency - resolution * numpy.outer(degrees, degrees) / adjacency.sum())[together].sum()
    return excess / total


class Signed(EndToEndTest):
    def save(self, network, *shape):
        path = self.home.path / "network.pt"
        path.unlink(missing_ok=True)
        torch.jit.trace(network, torch.zeros(shape, dtype=torch.double)).save(str(path))
        return path

    def score(self, model, *options, nulls=0):
        return self.modlab_json("score", model, "--method", "leiden", "--objective", "signed", "--nulls", nulls,
                                "--stability", 0, *options)["result"]["score"]

    def check(self, model, adjacencies, *options, resolution=1.0):
        score = self.score(model, "--method", "spectral", "-k", 3, "--resolution", resolution, *options)
        self.assertEqual([partition["objective"] for partition in score["partitions"]], ["SIGNED", "NEWMAN"])
        self.assertEqual(score["graph"]["units"], len(adjacencies[0]))
        for partition in score["partitions"]:
            self.assertAlmostEqual(partition["modularity"]["signed"],
                                   modularity_of(adjacencies, partition["labels"], resolution), places=12)
        leiden, spectral = (partition["modularity"]["signed"] for partition in score["partitions"])
        self.assertGreaterEqual(leiden, spectral - 1e-12)

    def test_linear_layers(self):
        network = random_network(nn.Linear(12, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 4))
        kernels = [as_kernels(weight_of(network[i])) for i in (0, 2, 4)]
        model = self.save(network, 1, 12)
        self.check(model, chain([blocks_of(kernel) for kernel in kernels]))
        self.check(model, chain([blocks_of(kernel) for kernel in kernels]), resolution=0.7)
        kept = [numpy.where(abs(kernel) > 0.4, kernel, 0) for kernel in kernels]
        self.check(model, chain([blocks_of(kernel) for kernel in kept]), "--threshold", 0.4)

    def test_kernels_and_what_reads_them_flattened(self):
        network = random_network(nn.Conv2d(2, 5, 3), nn.ReLU(), nn.Conv2d(5, 4, (2, 3)), nn.ReLU(), nn.Flatten(),
                                 nn.Linear(4 * 3 * 2, 6))
        kernels = [weight_of(network[0]), weight_of(network[2]), flattened(weight_of(network[5]), 4)]
        model = self.save(network, 1, 2, 6, 6)
        for norm in NORMS:
            with self.subTest(norm):
                self.check(model, chain([blocks_of(kernel, norm) for kernel in kernels]), "--kernel-norm", norm,
                           "--input-shape", "1,2,6,6:float64")

    def test_an_edge_that_the_threshold_takes_has_no_parts(self):
        network = random_network(nn.Conv2d(3, 8, 2), nn.ReLU(), nn.Conv2d(8, 6, 2))
        blocks = []
        for i in (0, 2):
            positive, negative = blocks_of(weight_of(network[i]), "l2")
            stays = numpy.sqrt((weight_of(network[i])**2).sum((2, 3))) > 1.9
            self.assertTrue(stays.any() and not stays.all())
            blocks.append([positive * stays, negative * stays])
        self.check(self.save(network, 1, 3, 5, 5), chain(blocks), "--kernel-norm", "l2", "--threshold", 1.9,
                   "--input-shape", "1,3,5,5:float64")

    def test_norms_of_negative_gamma_turn_signs(self):
        network = random_network(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 5, 1), nn.BatchNorm2d(5),
                                 nn.ReLU(), nn.Flatten(), nn.Linear(5 * 4, 8), nn.BatchNorm1d(8), nn.ReLU(),
                                 nn.Linear(8, 3))
        kernels = [weight_of(network[0]) * scale_of(network[1])[:, None, None, None],
                   weight_of(network[3]) * scale_of(network[4])[:, None, None, None],
                   flattened(weight_of(network[7]) * scale_of(network[8])[:, None], 5), as_kernels(weight_of(network[10]))]
        model = self.save(network, 1, 3, 4, 4)
        for norm in ("l1", "l2"):
            self.check(model, chain([blocks_of(kernel, norm) for kernel in kernels]), "--kernel-norm", norm,
                       "--input-shape", "1,3,4,4:float64")
        unfolded = [weight_of(network[0]), weight_of(network[3]), flattened(weight_of(network[7]), 5),
                    as_kernels(weight_of(network[10]))]
        self.check(model, chain([blocks_of(kernel) for kernel in unfolded]), "--no-fold-batch-norm", "--input-shape",
                   "1,3,4,4:float64")

    def test_norms_that_scale_their_readers(self):
        network = random_network(nn.BatchNorm1d(10), nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 5))
        kernels = [as_kernels(weight_of(network[1]) * scale_of(network[0])), as_kernels(weight_of(network[3]))]
        self.check(self.save(network, 1, 10), chain([blocks_of(kernel) for kernel in kernels]))
        network = random_network(nn.BatchNorm2d(6), nn.Conv2d(6, 5, 3), nn.ReLU(), nn.Conv2d(5, 4, 2))
        kernels = [weight_of(network[1]) * scale_of(network[0])[:, None, None], weight_of(network[3])]
        self.check(self.save(network, 1, 6, 5, 5), chain([blocks_of(kernel) for kernel in kernels]), "--input-shape",
                   "1,6,5,5:float64")

    def test_grouped_convolutions(self):
        for size in (1, 3):
            network = random_network(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 9, size, groups=3),
                                     nn.BatchNorm2d(9), nn.ReLU(), nn.Conv2d(9, 5, 1))
            kernels = weight_of(network[3]) * scale_of(network[4])[:, None, None, None]
            all_kernels = numpy.zeros((9, 6, size, size))
            for group in range(3):
                all_kernels[3 * group:3 * group + 3, 2 * group:2 * group + 2] = kernels[3 * group:3 * group + 3]
            blocks = [blocks_of(weight_of(network[0]) * scale_of(network[1])[:, None, None, None]),
                      blocks_of(all_kernels), blocks_of(weight_of(network[6]))]
            self.check(self.save(network, 1, 4, 5, 5), chain(blocks), "--input-shape", "1,4,5,5:float64")
            # The first norm scales what reads it, the grouped convolution, by channels of either sign.
            reading = random_network(nn.BatchNorm2d(6), nn.Conv2d(6, 9, size, groups=3), nn.ReLU(), nn.Conv2d(9, 5, 1))
            kernels = weight_of(reading[1])
            all_kernels = numpy.zeros((9, 6, size, size))
            for group in range(3):
                all_kernels[3 * group:3 * group + 3, 2 * group:2 * group + 2] = kernels[3 * group:3 * group + 3]
            blocks = [blocks_of(all_kernels * scale_of(reading[0])[:, None, None]), blocks_of(weight_of(reading[3]))]
            self.check(self.save(reading, 1, 6, 5, 5), chain(blocks), "--input-shape", "1,6,5,5:float64")

    def test_normalised_weights_do_not_depend_on_how_units_are_scaled(self):
        network = random_network(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 4, 5),
                                 nn.ReLU(), nn.Linear(5, 4))
        options = ("--normalization", "unit-incoming", "--input-shape", "1,3,4,4:float64", "--seed", 3)
        (before,) = self.score(self.save(network, 1, 3, 4, 4), *options)["partitions"]
        with torch.no_grad():
            for first, second, factors in ((network[1], network[4], torch.tensor([.1, 5, 1, 2, .3, 7])),
                                           (network[4], network[6], torch.tensor([2, .5, 1, 10, .1]))):
                first.weight.mul_(factors if first.weight.dim() == 1 else factors[:, None])
                first.bias.mul_(factors)
                second.weight.div_(factors.repeat_interleave(second.weight.shape[1] // len(factors)))
        (after,) = self.score(self.save(network, 1, 3, 4, 4), *options)["partitions"]
        self.assertEqual(before["labels"], after["labels"])
        self.assertAlmostEqual(before["modularity"]["signed"], after["modularity"]["signed"], places=9)

    def test_recurrent_layers(self):
        class Recurrent(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(7, 5, batch_first=True)
                self.head = nn.Linear(5, 3)

            def forward(self, x):
                return self.head(self.lstm(x)[0])

        torch.manual_seed(4)
        network = Recurrent().double().eval()
        positive, negative = (numpy.zeros((15, 15)) for _ in range(2))
        gates = [weight.detach().numpy().reshape(4, 5, -1).transpose(1, 2, 0)[..., None]
                 for weight in (network.lstm.weight_ih_l0, network.lstm.weight_hh_l0)]
        for kernels, rows, columns in ((gates[0], slice(7, 12), slice(0, 7)), (gates[1], slice(7, 12), slice(7, 12)),
                                       (as_kernels(weight_of(network.head)), slice(12, 15), slice(7, 12))):
            for adjacency, block in zip((positive, negative), blocks_of(kernels)):
                adjacency[rows, columns] += block
        path = self.home.path / "recurrent.pt"
        torch.jit.script(network).save(str(path))
        self.check(path, (positive + positive.T, negative + negative.T), "--input-shape", "1,4,7:float64")

    def test_every_null_model_tests_it(self):
        network = random_network(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 4, 9),
                                 nn.ReLU(), nn.Linear(9, 4))
        for model, shape in ((self.save(network, 1, 3, 4, 4), ("--input-shape", "1,3,4,4:float64")), (DIGITS, ())):
            for null in ("layer", "layer-nonzero", "degree", "random-init"):
                with self.subTest(null):
                    (partition,) = self.score(model, "--null-model", null, *shape, nulls=9)["partitions"]
                    test = partition["significance"]["modularity"]
                    self.assertGreater(len(set(test["values"])), 3)
                    observed = test["z"] * test["sd"] + test["mean"]
                    self.assertAlmostEqual(observed, partition["modularity"]["signed"], places=9)

    def test_leiden_reaches_what_leidenalg_reaches(self):
        reached = []  # of random signs there are many optima, and either misses some
        for seed in range(12):
            layers = [nn.Linear(20, 15), nn.ReLU(), nn.Linear(15, 12), nn.ReLU(), nn.Linear(12, 6)]
            network = random_network(*layers, seed=seed)
            if seed % 3 == 1:  # a third has parts that signs tell, a third is sparse
                with torch.no_grad():
                    for layer in network[::2]:
                        out, into = layer.weight.shape
                        same = torch.arange(out)[:, None] % 3 == torch.arange(into) % 3
                        layer.weight.copy_(torch.where(same, layer.weight.abs(), layer.weight))
            if seed % 3 == 2:
                with torch.no_grad():
                    for layer in network[::2]:
                        layer.weight.mul_(layer.weight.abs() > 0.8)
            adjacencies = chain([blocks_of(as_kernels(weight_of(network[i]))) for i in (0, 2, 4)])
            parts = []
            for adjacency in adjacencies:
                graph = igraph.Graph.Weighted_Adjacency(adjacency.tolist(), mode="undirected", loops=False)
                parts.append((graph, list(graph.es["weight"])))
            theirs = -1
            for run in range(10):
                optimiser = leidenalg.Optimiser()
                optimiser.set_rng_seed(run)
                optimiser.consider_comms = leidenalg.ALL_COMMS
                partitions = [leidenalg.RBConfigurationVertexPartition(graph, weights=weights)
                              for graph, weights in parts]
                optimiser.optimise_partition_multiplex(partitions, layer_weights=[1, -1], n_iterations=-1)
                theirs = max(theirs, modularity_of(adjacencies, partitions[0].membership))
            (partition,) = self.score(self.save(network, 1, 20), "--leiden-restarts", 50, "--seed", 1)["partitions"]
            ours = partition["modularity"]["signed"]
            self.assertAlmostEqual(ours, modularity_of(adjacencies, partition["labels"]), places=12)
            self.assertGreaterEqual(ours, 0.99 * theirs, f"seed {seed}")
            reached.append((ours, theirs))
        ours, theirs = numpy.mean(reached, axis=0)
        self.assertGreaterEqual(ours, theirs)

    def test_the_table_says_it(self):
        out, _ = self.modlab("score", DIGITS, "--method", "leiden", "--objective", "signed", "--nulls", 0, "--stability", 0)
        self.assertIn("(of the weights with their signs; was maximised)", out)


if __name__ == "__main__":
    unittest.main()
