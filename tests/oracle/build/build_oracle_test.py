"""Models that modlab builds, against the same layers of torch.nn: weights to the bit, outputs, training.

Usage: build_oracle_test.py PROBE, where PROBE is the program that build_probe.cc makes. Weights are only the same with
the same version of PyTorch as the probe's LibTorch.
"""

import collections
import os
import subprocess
import sys
import tempfile
import unittest

import torch
from torch import nn

PROBE = None
SEEDS = (0, 7, 2**40 + 5)
ACTIVATIONS = {"none": None, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}

# Input shape, layers as the probe takes them, and options that differ from the defaults.
NETWORKS = {
    "mlp": ("784", "linear:60,linear:30,linear:10", {}),
    "one_layer": ("5", "linear:3", {"output": "tanh"}),
    "without_biases": ("20", "linear:30,linear:4", {"bias": 0, "hidden": "tanh"}),
    "images": ("1,6,6", "linear:30,linear:4", {"hidden": "gelu", "output": "sigmoid"}),
    "dropout": ("12", "linear:30,linear:20,linear:4", {"dropout": 0.3}),
    "cnn": ("3,16,16", "convolution:8:3:1:1,maximum:2:2,convolution:6:5:2:0,average:2:1,linear:20,linear:10", {}),
    "norms": ("1,12,10", "convolution:8:3:1:0,convolution:6:3:1:0,maximum:2:2,linear:10",
              {"batch_norm": 1, "hidden": "sigmoid", "dropout": 0.1}),
    "convolutions_only": ("2,9,9", "convolution:4:3:2:1,maximum:3:1,convolution:3:3:1:0,average:1:1",
                          {"batch_norm": 1, "bias": 0, "output": "relu"}),
    "one_axis": ("3,30", "convolution:8:5:2:2,maximum:3:2,linear:6", {"batch_norm": 1}),
    "three_axes": ("1,8,7,6", "convolution:4:3:1:1,average:2:2,convolution:4:2:1:0,linear:6", {"batch_norm": 1}),
}


def torch_network(input_shape, layers, hidden="relu", output="none", dropout=0, batch_norm=0, bias=1):
    """The same in torch's modules; those with weights have the names that modlab gives them."""
    shape = [int(size) for size in input_shape.split(",")]
    axes = len(shape) - 1
    of_axes = lambda kind: getattr(nn, f"{kind}{axes}d")
    descriptions = [layer.split(":") for layer in layers.split(",")]
    last = max(i for i, (kind, *_) in enumerate(descriptions) if kind in ("linear", "convolution"))
    modules, counts = collections.OrderedDict(), collections.Counter()

    def add(name, module):
        modules[name or f"plain{len(modules)}"] = module

    for i, (kind, *numbers) in enumerate(descriptions):
        numbers = [int(number) for number in numbers]
        counts[kind] += 1
        if kind in ("maximum", "average"):
            add(None, of_axes("MaxPool" if kind == "maximum" else "AvgPool")(*numbers))
            continue
        if kind == "convolution":
            channels, kernel, stride, padding = numbers
            example = torch.zeros([1] + shape)
            inputs = nn.Sequential(modules).eval()(example).shape[1] if modules else shape[0]
            add(f"conv{counts[kind]}", of_axes("Conv")(inputs, channels, kernel, stride, padding, bias=bool(bias)))
            if batch_norm:
                add(f"bn{counts[kind]}", of_axes("BatchNorm")(channels))
        else:
            if counts[kind] == 1 and axes > 0:
                add(None, nn.Flatten())
            inputs = nn.Sequential(modules).eval()(torch.zeros([1] + shape)).shape[1] if modules else shape[0]
            add(f"fc{counts[kind]}", nn.Linear(inputs, numbers[0], bias=bool(bias)))
        activation = ACTIVATIONS[output if i == last else hidden]
        if activation:
            add(None, activation())
        if dropout and i != last:
            add(None, nn.Dropout(dropout))
    return nn.Sequential(modules).train()


def build_all(folder):
    """All networks with all seeds, in one process."""
    lines = []
    for name, (input_shape, layers, options) in NETWORKS.items():
        words = " ".join(f"{key}={value}" for key, value in options.items())
        lines += [f"{file_of(folder, name, seed)} {seed} {input_shape} {layers} {words}\n" for seed in SEEDS]
    subprocess.run([PROBE], input="".join(lines), text=True, check=True)


def file_of(folder, name, seed):
    return os.path.join(folder, f"{name}_{seed}.pt")


class Builder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        build_all(cls.folder)

    def each(self, seeds=SEEDS[:1]):
        for name, (input_shape, layers, options) in NETWORKS.items():
            for seed in seeds:
                built = torch.jit.load(file_of(self.folder, name, seed))
                torch.manual_seed(seed)
                expected = torch_network(input_shape, layers, **options)
                example = torch.rand([8] + [int(size) for size in input_shape.split(",")])
                yield name, built, expected, example

    def test_weights_are_those_of_torch_to_the_bit(self):
        for name, built, expected, _ in self.each(SEEDS):
            with self.subTest(name):
                ours, theirs = built.state_dict(), expected.state_dict()
                self.assertEqual(list(ours), list(theirs))
                for entry, tensor in theirs.items():
                    self.assertEqual(ours[entry].dtype, tensor.dtype, entry)
                    self.assertTrue(torch.equal(ours[entry], tensor), entry)
                self.assertTrue(all(parameter.requires_grad for parameter in built.parameters()))

    def test_outputs(self):
        for name, built, expected, example in self.each():
            with self.subTest(name):
                self.assertTrue(built.training)
                self.assertTrue(torch.equal(built.eval()(example), expected.eval()(example)))

    def test_training(self):
        """The same steps from the same random numbers, dropout and norms included."""
        for name, built, expected, example in self.each():
            with self.subTest(name):
                for model in (built, expected):
                    model.train()
                    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                    torch.manual_seed(5)
                    for _ in range(4):
                        optimizer.zero_grad()
                        model(example).square().mean().backward()
                        optimizer.step()
                for entry, tensor in expected.state_dict().items():
                    torch.testing.assert_close(built.state_dict()[entry], tensor, rtol=1e-5, atol=1e-6, msg=entry)
                torch.testing.assert_close(built.eval()(example), expected.eval()(example), rtol=1e-5, atol=1e-6)

    def test_another_process_makes_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            build_all(folder)
            for name in NETWORKS:
                with self.subTest(name):
                    archives = []
                    for place in (self.folder, folder):
                        with open(file_of(place, name, SEEDS[1]), "rb") as file:
                            archives.append(file.read())
                    self.assertEqual(*archives)

    def test_forward_can_be_read(self):
        self.assertEqual(torch.jit.load(file_of(self.folder, "mlp", 0)).code.count("torch.relu"), 2)


if __name__ == "__main__":
    PROBE = sys.argv.pop(1)
    torch.set_num_threads(1)
    unittest.main()
