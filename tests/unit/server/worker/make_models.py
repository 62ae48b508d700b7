"""Writes the models that the worker's tests use. Usage: make_models.py FOLDER"""

import os
import sys

import torch
from torch import nn


def mlp(*weights):
    """A network of linear layers without bias; weights are [in][out]."""
    layers = []
    for weight in weights:
        weight = torch.tensor(weight)
        layer = nn.Linear(*weight.shape, bias=False)
        layer.weight = nn.Parameter(weight.T.contiguous())
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class NoWeights(nn.Module):
    def forward(self, x):
        return torch.relu(x)


class LinearAnd(nn.Module):
    """A linear layer and something else."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)


class Hungry(LinearAnd):
    def forward(self, x):
        return self.fc(x) + torch.zeros([25_000_000_000])[:4]  # 100 GB


class DrawsNumbers(LinearAnd):
    def forward(self, x):
        return self.fc(x + torch.rand([4]))


class Raises(LinearAnd):
    def forward(self, x):
        if x.size(0) < 1000:
            raise RuntimeError("this network does not like you")
        return self.fc(x)


class RaisesWhenLoaded(LinearAnd):
    def forward(self, x):
        return self.fc(x)

    @torch.jit.export
    def __getstate__(self):
        return torch.zeros(1)

    @torch.jit.export
    def __setstate__(self, state):
        self.training = bool(state[7] > 0)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(0)
    wide = nn.Sequential(nn.Linear(50_000, 3), nn.ReLU(), nn.Linear(3, 2))
    models = {
#Oracle : labels 0, 1, 0, 1, 0, 1 give n - cut 0.0988967041 and Q 0.4290196616.
        "two_chains": mlp([[12.0, -1.3], [0.0, 7.4]], [[-8.9, 0.15], [0.23, -5.7]]),
        "wide": wide,
        "not_finite": mlp([[1.0, float("nan")], [1.0, 1.0]]),
        "no_weights": NoWeights(),
        "draws_numbers": DrawsNumbers(),
        "hungry": Hungry(),
        "raises": Raises(),
        "raises_when_loaded": RaisesWhenLoaded(),
    }
    for name, model in models.items():
        torch.jit.save(torch.jit.script(model), os.path.join(folder, name + ".pt"))


main()
