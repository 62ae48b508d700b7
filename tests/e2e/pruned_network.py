"""A digit classifier trained with dropout and pruned to a tenth of its weights, as Filan et al. 2021 train theirs.

By hand, to look at one: /usr/bin/python3 tests/e2e/pruned_network.py OUT.pt [IMAGES.npz]

IMAGES.npz has `images` [n][pixels] in 0 ... 1 and `labels` [n]; without it scikit-learn's 8 x 8 digits.
"""

import sys

import numpy
import torch
from torch import nn

from stacked_network import digits

SPARSITY_AT_FIRST = 0.5
SPARSITY_AT_LAST = 0.9


def classifier(pixels, width, depth):
    """pixels-width-...-width-10 with `depth` hidden layers, dropout after each."""
    layers = []
    features = pixels
    for _ in range(depth):
        layers += [nn.Linear(features, width), nn.ReLU(), nn.Dropout(0.5)]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, 10))


def masks_of_largest(network, sparsity):
    """For each linear layer, which of its weights are the largest of the layer."""
    masks = []
    for layer in network:
        if isinstance(layer, nn.Linear):
            magnitudes = layer.weight.detach().abs()
            masks.append((layer, magnitudes >= magnitudes.flatten().sort().values[int(sparsity * magnitudes.numel())]))
    return masks


def pruned(images, labels, width=64, depth=2, epochs=20, seed=0):
    """So many epochs without pruning, then as many in which ever more weights are held at zero."""
    torch.manual_seed(seed)
    network = classifier(images.shape[1], width, depth)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    inputs, targets = torch.tensor(images), torch.tensor(labels)
    masks = []
    for epoch in range(2 * epochs):
        if epoch >= epochs:  # polynomial decay, Zhu & Gupta 2018
            left = (1 - (epoch - epochs) / max(1, epochs - 1)) ** 3
            sparsity = SPARSITY_AT_LAST + (SPARSITY_AT_FIRST - SPARSITY_AT_LAST) * left
            masks = masks_of_largest(network, sparsity)
        for batch in torch.randperm(len(inputs)).split(128):
            for layer, mask in masks:
                layer.weight.data *= mask
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
    for layer, mask in masks:
        layer.weight.data *= mask
    return network.eval()


def accuracy(network, images, labels):
    with torch.no_grad():
        return float((network(torch.tensor(images)).argmax(1) == torch.tensor(labels)).float().mean())


if __name__ == "__main__":
    if len(sys.argv) == 3:
        data = numpy.load(sys.argv[2])
        images, labels = data["images"].astype("float32"), data["labels"].astype("int64")
        network = pruned(images, labels, width=256, depth=4)
    else:
        images, labels = digits()
        network = pruned(images, labels)
    torch.jit.script(network).save(sys.argv[1])
    print(f"accuracy {accuracy(network, images, labels):.4f}")
