#!/usr/bin/env -S PYTHONHASHSEED=0 /usr/bin/python3
"""Trains the digit classifier that modlab ships, digits-mlp.pt, and says how well it does.

Needs Debian's python3-torch and python3-numpy. Not needed to build or to run modlab: the result lies beside this file.

    ./train_digits.py [OUTPUT]
"""

# PYTHONHASHSEED is fixed since TorchScript writes a layer's constants in the order of a Python set.

import gzip
import pathlib
import sys
import tempfile

import numpy
import torch

HERE = pathlib.Path(__file__).resolve().parent
HELD_OUT = 360  # a fifth of 1,797
EPOCHS = 60
BATCH = 32


class DigitClassifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(64, 32)
        self.output = torch.nn.Linear(32, 10)

    def forward(self, pixels):
        return self.output(torch.relu(self.hidden(pixels)))


def read_idx(path):
    """An IDX file of unsigned bytes as an array: two zero bytes, type, rank, big-endian sizes, then the data."""
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    rank = content[3]
    shape = numpy.frombuffer(content, ">u4", count=rank, offset=4).astype(int)
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def read_digits():
    """1,797 images of 64 pixels from 0 to 1, and the digits that they show."""
    pixels = read_idx(HERE / "data" / "digits-images-idx3-ubyte.gz").reshape(-1, 64)
    digits = read_idx(HERE / "data" / "digits-labels-idx1-ubyte.gz")
    return torch.from_numpy(pixels.astype(numpy.float32) / 16), torch.from_numpy(digits.astype(numpy.int64))


def train(model, pixels, digits):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_function = torch.nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(pixels)).split(BATCH):
            optimizer.zero_grad()
            loss_function(model(pixels[batch]), digits[batch]).backward()
            optimizer.step()


def accuracy(model, pixels, digits):
    with torch.no_grad():
        return (model(pixels).argmax(1) == digits).double().mean().item()


def save(module, output):
    """Saves a scripted module with the same bytes whatever `output` is called: the archive's inner folder has its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "digits-mlp.pt"
        torch.jit.save(module, str(path))
        output.write_bytes(path.read_bytes())


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)  # another number of threads adds in another order, and gives other weights
    pixels, digits = read_digits()
    order = torch.randperm(len(digits))
    held_out, rest = order[:HELD_OUT], order[HELD_OUT:]

    model = DigitClassifier()
    train(model, pixels[rest], digits[rest])
    print(f"accuracy on the {len(rest)} digits trained on: {accuracy(model, pixels[rest], digits[rest]):.1%}")
    print(f"accuracy on the {len(held_out)} digits held out:   {accuracy(model, pixels[held_out], digits[held_out]):.1%}")

    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "digits-mlp.pt"
    save(torch.jit.script(model.eval()), output)
    print(f"written: {output}")


if __name__ == "__main__":
    main()
