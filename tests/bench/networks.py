"""The networks that are measured, always with the same weights.

By hand, to look at one: /usr/bin/python3 tests/bench/networks.py NAME OUT.pt [IMAGES.npz]
"""

import dataclasses
import pathlib
import sys
from typing import Callable, Tuple

SEED = 1
PARTS = 8


def chain(*widths, last_relu=False):
    """Linear layers as PyTorch makes them, with ReLU between."""
    import torch
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*(layers if last_relu else layers[:-1]))


def planted(*widths):
    """The same, each layer cut into PARTS stretches; weights between different parts are a tenth."""
    import torch
    network = chain(*widths)
    with torch.no_grad():
        for weight in (parameter for parameter in network.parameters() if parameter.dim() == 2):
            part_of_output, part_of_input = (torch.arange(size) * PARTS // size for size in weight.shape)
            weight[part_of_output[:, None] != part_of_input] *= 0.1
    return network


def stacked(images=None):
    """Two networks 784-392-10 side by side on a head 20-4-1."""
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
    import stacked_network
    if images is None:
        pair = [chain(784, 392, 10, last_relu=True) for _ in range(2)]
    else:
        pair = [stacked_network.trained(*images, hidden=392, epochs=5, seed=seed) for seed in (1, 2)]
    return stacked_network.stacked(*pair)


def vgg16_convolutions():
    import torchvision
    return torchvision.models.vgg16(weights=None).features


def resnet50():
    import torchvision
    return torchvision.models.resnet50(weights=None)


@dataclasses.dataclass(frozen=True)
class Network:
    make: Callable
    reading: Tuple[str, ...] = ()  # how the probe reads it: an example input's shape, and which graph
    takes_images: bool = False  # may be trained
    spectral_aim: float = 10


NETWORKS = {
    "784-392-10": Network(lambda: chain(784, 392, 10)),
    "784-392-10 planted": Network(lambda: planted(784, 392, 10)),
    "1568-784-20-20-4-1": Network(stacked, takes_images=True, spectral_aim=20),
    "784-256x4-10": Network(lambda: chain(784, 256, 256, 256, 256, 10)),
    "VGG-16 convolutions": Network(vgg16_convolutions, ("1,3,32,32", "--filan")),
    "ResNet-50": Network(resnet50, ("1,3,224,224",)),
    "8192x4": Network(lambda: chain(8192, 8192, 8192, 8192)),
    "512x4": Network(lambda: chain(512, 512, 512, 512)),
}


def load_images(path):
    """IMAGES.npz of stacked_network.py: `images` [n][784] in 0 ... 1 and `labels` [n]."""
    import numpy
    file = numpy.load(path)
    return file["images"].astype("float32"), file["labels"].astype("int64")


def save(name, path, images=None):
    import torch
    torch.manual_seed(SEED)
    network = NETWORKS[name]
    arguments = {"images": load_images(images)} if images and network.takes_images else {}
    torch.jit.script(network.make(**arguments).eval()).save(str(path))


if __name__ == "__main__":
    save(*sys.argv[1:])
