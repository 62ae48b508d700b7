"""Recurrent layers, and their cells in loops."""

import torch
from torch import nn

from networks.kinds import FEATURES, TOKENS, Layout, kind


class Recurrent(nn.Module):
    """The outputs of all steps."""

    def __init__(self, layer, time_first: bool):
        super().__init__()
        self.layer = layer
        self.time_first = time_first

    def forward(self, x):
        if self.time_first:
            return self.layer(x.transpose(0, 1))[0].transpose(0, 1)
        return self.layer(x)[0]


class LastState(nn.Module):
    """The states that the layers end in, beside each other."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[1].transpose(0, 1).flatten(1)


class LastStateOfLstm(LastState):
    def forward(self, x):
        hidden, cells = self.layer(x)[1]
        return torch.cat([hidden, cells], 2).transpose(0, 1).flatten(1)


class Steps(nn.Module):
    """A cell in a loop that keeps every step."""

    def __init__(self, cell, units: int):
        super().__init__()
        self.cell = cell
        self.units = units

    def forward(self, x):
        h = torch.zeros([x.size(0), self.units], dtype=x.dtype)
        steps = []
        for step in range(x.size(1)):
            h = self.cell(x[:, step], h)
            steps.append(h)
        return torch.stack(steps, 1)


class StepsOfLstm(Steps):
    def forward(self, x):
        h = torch.zeros([x.size(0), self.units], dtype=x.dtype)
        c = torch.zeros([x.size(0), self.units], dtype=x.dtype)
        steps = []
        for step in range(x.size(1)):
            h, c = self.cell(x[:, step], (h, c))
            steps.append(h)
        return torch.stack(steps, 1)


class InitialState(nn.Module):
    """A state that a layer computes from the first step."""

    def __init__(self, units, hidden):
        super().__init__()
        self.start = nn.Linear(units, hidden)
        self.layer = nn.GRU(units, hidden, batch_first=True)

    def forward(self, x):
        h = torch.tanh(self.start(x[:, 0])).unsqueeze(0)
        return self.layer(x, h)[0]


def layers(name, make_layer, last_state=LastState):
    def make(rng, layout):
        units, bidirectional, count = rng.choice((2, 3, 4)), rng.random() < 0.4, rng.choice((1, 1, 2))
        bias, form = rng.random() < 0.8, rng.choice(("all", "all", "time first", "last"))
        outputs = units * (2 if bidirectional else 1)
        layer = make_layer(rng)(layout.units, units, count, bidirectional=bidirectional, bias=bias,
                                batch_first=form != "time first")
        if form == "last":
            return last_state(layer), Layout(FEATURES, outputs * count * (2 if last_state is LastStateOfLstm else 1))
        return Recurrent(layer, form == "time first"), layout.of(outputs)

    kind(name, TOKENS)(make)


layers("rnn", lambda rng: lambda *sizes, **options: nn.RNN(
    *sizes, nonlinearity=rng.choice(("tanh", "relu")), **options))
layers("gru", lambda rng: nn.GRU)
layers("lstm", lambda rng: nn.LSTM, LastStateOfLstm)


@kind("lstm with projection", TOKENS)
def projected(rng, layout):
    units = rng.choice((2, 3))
    return Recurrent(nn.LSTM(layout.units, 4, rng.choice((1, 2)), proj_size=units, batch_first=True),
                     False), layout.of(units)


@kind("gru with a state", TOKENS)
def initial_state(rng, layout):
    units = rng.choice((2, 3, 4))
    return InitialState(layout.units, units), layout.of(units)


@kind("rnn and gru cells", TOKENS)
def cells(rng, layout):
    units = rng.choice((2, 3, 4))
    # Tracing unrolls a plain RNN to layers that share weights, and whose outputs are units of their own.
    cell = rng.choice((nn.RNNCell, nn.GRUCell)) if rng.scripted else nn.GRUCell
    return Steps(cell(layout.units, units), units), layout.of(units)


@kind("lstm cell", TOKENS)
def lstm_cell(rng, layout):
    units = rng.choice((2, 3, 4))
    return StepsOfLstm(nn.LSTMCell(layout.units, units), units), layout.of(units)
