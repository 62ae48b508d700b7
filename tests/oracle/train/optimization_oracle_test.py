"""Optimisers and learning rate schedules against torch.optim.

Usage: optimization_oracle_test.py PROBE, where PROBE is the program that optimization_probe.cc makes.
"""

import subprocess
import sys
import unittest
import warnings

import numpy as np
import torch
from torch.optim import lr_scheduler

PROBE = None
COUNT = 301
STEPS = 100
RATE = 0.001

# By torch's names for their options; `l1` and `gradient_scale` are written into the gradients here.
OPTIMIZERS = [
    ("sgd", {}),
    ("sgd", {"weight_decay": 0.1, "l1": 0.05}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1, "gradient_scale": 0.3}),
    ("sgd", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("adam", {}),
    ("adam", {"betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1, "l1": 0.05}),
    ("adam", {"betas": (0.0, 0.5), "gradient_scale": 1e-3}),
    ("adamw", {}),
    ("adamw", {"weight_decay": 0.5, "betas": (0.5, 0.9)}),
    ("rmsprop", {}),
    ("rmsprop", {"alpha": 0.9, "weight_decay": 0.1, "eps": 1e-3, "l1": 0.02}),
    ("rmsprop", {"momentum": 0.9}),
    ("rmsprop", {"centered": True, "gradient_scale": 0.1}),
    ("rmsprop", {"centered": True, "momentum": 0.5, "alpha": 0.8}),
]
CLASSES = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}


def probe(*words, stdin=b""):
    return subprocess.run([PROBE, *map(str, words)], input=stdin, stdout=subprocess.PIPE, check=True).stdout


def probe_options(kind, options):
    """Our names; torch's AdamW decays by 0.01 unless told otherwise."""
    ours = {"weight_decay": 0.01} if kind == "adamw" else {}
    for name, value in options.items():
        if name == "betas":
            ours["beta1"], ours["beta2"] = value
        else:
            ours["epsilon" if name == "eps" else name] = value
    return [f"{name}={float(value)!r}" for name, value in ours.items()]


def torch_weights(kind, options, start, gradients):
    options = dict(options)
    l1, scale = options.pop("l1", 0), options.pop("gradient_scale", 1)
    weight = torch.from_numpy(start.copy()).requires_grad_()
    optimizer = CLASSES[kind]([weight], lr=RATE, **options)
    after = []
    for gradient in gradients:
        weight.grad = scale * torch.from_numpy(gradient) + l1 * weight.detach().sign()
        optimizer.step()
        after.append(weight.detach().numpy().copy())
    return np.array(after)


class Optimizers(unittest.TestCase):
    def compare(self, kind, options, dtype, tolerance):
        random = np.random.default_rng(3)
        # Away from 0, where l1 has a jump.
        start = (random.choice([-1, 1], COUNT) * random.uniform(1.5, 2, COUNT)).astype(dtype)
        gradients = (random.normal(0.2, 1, (STEPS, COUNT)) * 10 ** random.uniform(-4, 0, COUNT)).astype(dtype)
        expected = torch_weights(kind, options, start, gradients)
        words = probe("optimizer", "float" if dtype == np.float32 else "double", COUNT, STEPS, kind,
                      f"learning_rate={RATE}", *probe_options(kind, options), stdin=start.tobytes() + gradients.tobytes())
        found = np.frombuffer(words, dtype).reshape(STEPS, COUNT)
        moved = np.abs(expected - start).max()
        self.assertGreater(moved, 1e-2, "the optimiser has done next to nothing")
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())

    def test_against_torch(self):
        for kind, options in OPTIMIZERS:
            with self.subTest(kind, **options):
                # torch's AdamW rounds the factor 1 - learning_rate * weight_decay of every step to single precision.
                self.compare(kind, options, np.float32, 6e-6 if kind == "adamw" else 2e-6)
                self.compare(kind, options, np.float64, 1e-13)


def torch_rates(make, base, total):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = make(optimizer)
    rates = []
    for step in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < total:
            with warnings.catch_warnings():  # torch's SequentialLR uses what torch deprecates
                warnings.simplefilter("ignore", UserWarning)
                scheduler.step()
    return rates


def after_warmup(optimizer, steps, make):
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)
    return lr_scheduler.SequentialLR(optimizer, [warmup, make(optimizer)], milestones=[steps])


class Schedules(unittest.TestCase):
    def compare(self, make, base, total, kind, **options):
        expected = torch_rates(make, base, total)
        words = [f"{name}={value!r}" for name, value in options.items()]
        found = [float(line) for line in probe("schedule", base, total, kind, *words).split()]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * base)

    def test_steps(self):
        self.compare(lambda o: lr_scheduler.StepLR(o, 7, 0.3), 0.1, 50, "step", step_size=7, gamma=0.3)

    def test_cosine(self):
        self.compare(lambda o: lr_scheduler.CosineAnnealingLR(o, 50, 0.01), 0.1, 50, "cosine", minimum=0.01)

    def test_one_cycle(self):
        for total, part, initial, final in ((50, 0.3, 25.0, 1e4), (200, 0.15, 10.0, 100.0), (7, 0.5, 2.0, 3.0),
                                            (10, 0.95, 4.0, 10.0), (10, 0.0, 4.0, 10.0), (10, 1.0, 4.0, 10.0)):
            with self.subTest(total=total, part=part):
                make = lambda o: lr_scheduler.OneCycleLR(o, 0.1, total, pct_start=part, div_factor=initial,
                                                         final_div_factor=final, cycle_momentum=False)
                self.compare(make, 0.1, total, "one_cycle", rising_part=part, initial_divisor=initial,
                             final_divisor=final)

    def test_warmup(self):
        constant = lambda o: lr_scheduler.ConstantLR(o, factor=1)
        self.compare(lambda o: after_warmup(o, 8, constant), 0.1, 30, "constant", warmup_steps=8)
        step = lambda o: lr_scheduler.StepLR(o, 5, 0.5)
        self.compare(lambda o: after_warmup(o, 8, step), 0.1, 40, "step", warmup_steps=8, step_size=5, gamma=0.5)
        cosine = lambda o: lr_scheduler.CosineAnnealingLR(o, 32)
        self.compare(lambda o: after_warmup(o, 8, cosine), 0.1, 40, "cosine", warmup_steps=8)


if __name__ == "__main__":
    PROBE = sys.argv.pop(1)
    unittest.main()
