"""Two trained networks side by side, and a head on top: modular by construction, so that its partition is known.

By hand, to look at one: PYTHONPATH=... /usr/bin/python3 tests/e2e/stacked_network.py OUT.pt LABELS.txt [IMAGES.npz]

IMAGES.npz has `images` [n][pixels] in 0 ... 1 and `labels` [n]; without it scikit-learn's 8 x 8 digits.
"""

import sys

import numpy
import torch
from torch import nn


def digits():
    from sklearn import datasets
    images, labels = datasets.load_digits(return_X_y=True)
    return images.astype("float32") / 16, labels


def trained(images, labels, hidden, epochs, seed):
    """pixels-hidden-10, ReLU after both layers as everything in the stack has."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(images.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 10), nn.ReLU())
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, weight_decay=1e-4)
    inputs, targets = torch.tensor(images), torch.tensor(labels)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
    return network


def stacked(left, right):
    """The layers of both, block-diagonal, and a head 20-4-1."""
    layers = []
    for first, second in zip(left, right):
        if not isinstance(first, nn.Linear):
            layers.append(nn.ReLU())
            continue
        both = nn.Linear(first.in_features + second.in_features, first.out_features + second.out_features)
        with torch.no_grad():
            both.weight.zero_()
            both.weight[:first.out_features, :first.in_features] = first.weight
            both.weight[first.out_features:, first.in_features:] = second.weight
            both.bias.copy_(torch.cat([first.bias, second.bias]))
        layers.append(both)
    return nn.Sequential(*layers, nn.Linear(20, 4), nn.ReLU(), nn.Linear(4, 1))


def planted(left, right):
    """Left and right; the head's units are put to either in turn."""
    sizes = [layer.in_features for layer in left if isinstance(layer, nn.Linear)] + [10]
    other = [layer.in_features for layer in right if isinstance(layer, nn.Linear)] + [10]
    labels = [label for pair in zip(sizes, other) for label in (0,) * pair[0] + (1,) * pair[1]]
    return labels + [0, 0, 1, 1] + [0]


def make(path, data=None, hidden=None, epochs=20):
    images, labels = data or digits()
    hidden = hidden or images.shape[1] // 2
    pair = [trained(images, labels, hidden, epochs, seed) for seed in (1, 2)]
    torch.jit.script(stacked(*pair)).save(str(path))
    return planted(*pair)


if __name__ == "__main__":
    loaded = None
    if len(sys.argv) > 3:
        file = numpy.load(sys.argv[3])
        loaded = file["images"].astype("float32"), file["labels"].astype("int64")
    made = make(sys.argv[1], loaded, epochs=5 if loaded else 20)
    with open(sys.argv[2], "w") as out:
        out.write("\n".join(map(str, made)) + "\n")
