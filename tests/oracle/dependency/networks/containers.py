"""Whole networks: first layers, a body, a last layer, and what forward takes and returns."""

from typing import Dict

import torch
from torch import nn


class Chain(nn.Module):
    output = "tensor"

    def __init__(self, stem, body, head):
        super().__init__()
        self.stem = stem
        self.body = body
        self.head = head

    def forward(self, x):
        return self.head(self.body(self.stem(x)))


class WithDict(Chain):
    output = "dict"

    def forward(self, x) -> Dict[str, torch.Tensor]:
        hidden = self.body(self.stem(x))
        return {"hidden": hidden, "output": self.head(hidden)}


class WithTuple(Chain):
    output = "tuple"

    def forward(self, x):
        hidden = self.body(self.stem(x))
        return self.head(hidden), hidden.size(0)


class WithList(Chain):
    output = "list"

    def forward(self, x):
        hidden = self.stem(x)
        return [self.head(self.body(hidden)), hidden]


class TwoInputs(nn.Module):
    output = "tensor"

    def __init__(self, first, second, body, head):
        super().__init__()
        self.first = first
        self.second = second
        self.body = body
        self.head = head

    def forward(self, x, y):
        a, b = self.first(x), self.second(y)
        hidden = a + b if a.size(1) == b.size(1) else torch.cat([a, b], 1)
        return self.head(self.body(hidden))
