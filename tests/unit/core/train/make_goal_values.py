"""What Python makes of goals: python3 make_goal_values.py FILE.

Saves a list of (expression, tensors, parameters, value).
"""

import sys

import torch

EXPRESSIONS = [
    "y1",
    "a*y1 + b*y2",
    "a*y1 - b*y2 + 0.5",
    "(y1 + y2) % 10",
    "y1 * y2 // 3",
    "-y1 ** 2 / 7",
    "torch.logical_xor(x0 > 0, x1 > 0)",
    "((x0 > 0) & ~(x1 > 0)) | (x0 < -0.5)",
    "(y1 > y2) ^ (y1 == 3)",
    "torch.where(y1 > y2, y1, y2) - torch.minimum(y1, y2)",
    "torch.stack([y1, y2, y1 + y2], dim=1).float().mean(1)",
    "(y1.double() / (1 + y2)).round()",
    "torch.div(y1, y2 + 1, rounding_mode='floor')",
    "y1 if a > 1 else y2",
    "y1 if a > 100 else y2",
    "x[:, 0] * x[:, 1] + x[..., 2]",
    "torch.tanh(x @ x.t()).sum(dim=1) * float(3)",
    "torch.sin(a * x0) + torch.cos(b * x1).abs() * max(a, b)",
    "(x > 0).sum(1) % 2 == 1",
    "torch.clamp(x, -0.5, 0.5).prod(dim=1, keepdim=True).squeeze(1)",
    "torch.cat((y1.unsqueeze(1),\n           y2.unsqueeze(1)), 1)",
    "x.to(torch.float64).std(1)",
    "x.shape[0] * y1",
    "torch.pi * x0",
]


def main():
    torch.manual_seed(7)
    tensors = {
        "y1": torch.randint(0, 10, (50,)),
        "y2": torch.randint(0, 10, (50,)),
        "x0": torch.randn(50),
        "x1": torch.randn(50),
        "x": torch.randn(50, 3),
    }
    parameters = {"a": 2.25, "b": -0.7}
    values = []
    for expression in EXPRESSIONS:
        value = eval(expression, {"torch": torch, **tensors, **parameters})
        values.append((expression, tensors, parameters, value))
    torch.save(values, sys.argv[1])


main()
