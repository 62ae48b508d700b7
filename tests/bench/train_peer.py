"""The peer of train_bench.py: trains a network in PyTorch and prints steps per second.

Usage: train_peer.py NETWORK IMAGES LABELS MODEL.pt THREADS STEPS eager|loader
"""

import gzip
import pathlib
import struct
import sys
import time

import numpy
import PIL.Image
import torch
import torchvision

BATCH = 64
WARM_UP = 20  # steps before the time is taken


def read_idx(path):
    content = pathlib.Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    dimensions = content[3]
    shape = struct.unpack(f">{dimensions}I", content[4:4 + 4 * dimensions])
    return numpy.frombuffer(content, dtype=numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


class Pairs(torch.utils.data.Dataset):
    """Samples, or pairs of them, one by one, read and made a tensor as torchvision.datasets.MNIST with ToTensor does."""

    def __init__(self, images, labels, paired):
        self.images, self.labels, self.paired = images, labels, paired
        self.order = torch.randperm(len(images))
        self.to_tensor = torchvision.transforms.ToTensor()

    def __len__(self):
        return len(self.images) // (2 if self.paired else 1)

    def image(self, index):
        return self.to_tensor(PIL.Image.fromarray(self.images[index], mode="L"))

    def __getitem__(self, index):
        if not self.paired:
            return self.image(index), int(self.labels[index])
        first, second = self.order[2 * index], self.order[2 * index + 1]
        both = torch.cat([self.image(first).flatten(), self.image(second).flatten()])
        return both, float(self.labels[first]) + float(self.labels[second])


def batches_in_memory(images, labels, paired, shape):
    """Batches of float tensors that are all in memory; a pair's images are put together for each batch."""
    images = torch.from_numpy(images.reshape(len(images), -1).astype(numpy.float32) / 255)
    labels = torch.from_numpy(labels.astype(numpy.int64))
    while True:
        order = torch.randperm(len(images))
        size = 2 * BATCH if paired else BATCH
        for start in range(0, len(order) - size + 1, size):
            rows = order[start:start + size]
            if paired:
                yield images[rows].reshape(BATCH, -1), (labels[rows[0::2]] + labels[rows[1::2]]).float()
            else:
                yield images[rows].reshape(shape), labels[rows]


def batches_of_loader(images, labels, paired, shape):
    while True:
        for inputs, goals in torch.utils.data.DataLoader(Pairs(images, labels, paired), batch_size=BATCH, shuffle=True):
            if len(inputs) == BATCH:
                yield (inputs if paired else inputs.reshape(shape)), goals.float() if paired else goals


def main():
    network, images, labels, archive, threads, steps, way = sys.argv[1:]
    torch.set_num_threads(int(threads))
    images, labels = read_idx(images), read_idx(labels)
    paired = network.startswith("1568")
    shape = (BATCH, 1, 28, 28) if network == "CNN" else (BATCH, 784)
    model = eager_copy(network, torch.jit.load(archive).state_dict())
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, foreach=True)
    batches = (batches_in_memory if way == "eager" else batches_of_loader)(images, labels, paired, shape)
    for step in range(WARM_UP + int(steps)):
        if step == WARM_UP:
            start = time.perf_counter()
        inputs, goals = next(batches)
        optimizer.zero_grad(set_to_none=True)
        outputs = model(inputs)
        if paired:
            loss = torch.nn.functional.mse_loss(outputs.squeeze(1), goals)
        else:
            loss = torch.nn.functional.cross_entropy(outputs, goals)
        loss.backward()
        optimizer.step()
    print(int(steps) / (time.perf_counter() - start))


def eager_copy(network, state):
    """The same network as nn.Module, with the same weights."""
    layers, first = [], True
    if network == "CNN":
        convolutions = [torch.nn.Conv2d(1, 16, 3), torch.nn.Conv2d(16, 32, 3)]
        for convolution in convolutions:
            layers += [convolution, torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        layers.append(torch.nn.Flatten())
    weights = [name for name in state if name.startswith("fc") and name.endswith("weight")]
    for name in weights:
        outputs, inputs = state[name].shape
        if not first:
            layers.append(torch.nn.ReLU())
        layers.append(torch.nn.Linear(inputs, outputs))
        first = False
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), state.values()):
            parameter.copy_(value)
    return model


if __name__ == "__main__":
    main()
