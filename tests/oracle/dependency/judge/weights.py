"""Operations with weights, as ATen executes them: what they read and write, and the absolute weights between them."""

import dataclasses
from typing import Tuple

import torch


@dataclasses.dataclass
class Product:
    """matrix[o, p] is the sum of absolute weights between position p of the input's axes and unit o of the output's."""

    input_argument: int
    input_axes: Tuple[int, ...]
    output_axes: Tuple[int, ...]
    weight: torch.Tensor
    matrix: torch.Tensor


def convolution(arguments):
    weight, transposed, groups = arguments[1], arguments[6], arguments[8]
    sums = weight.detach().abs().flatten(2).sum(2)
    blocks = sums.chunk(groups, 0)
    if transposed:  # [in][out / groups]
        blocks = [block.t() for block in blocks]
    return Product(0, (1,), (1,), weight, torch.block_diag(*blocks))


def matrix_product(arguments, first, is_weight):
    """Arguments `first` and the next one multiplied, one of which is a weight; a batch where the weight has several."""
    by_right = is_weight(arguments[first + 1])
    weight = arguments[first + by_right]
    axis = weight.dim() - (1 if by_right else 2)  # of units: summed over in the input, written in the output
    matrices = weight.detach().abs()
    matrices = matrices.transpose(-2, -1) if by_right else matrices
    argument = first + (not by_right)
    if weight.dim() == 2:
        return Product(argument, (axis,), (axis,), weight, matrices)
    if weight.size(0) == 1:
        return Product(argument, (axis,), (axis,), weight, matrices[0])
    return Product(argument, (0, axis), (0, axis), weight, torch.block_diag(*matrices))


FACTORS = {"mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1}  # the first factor's place among the arguments


def product_of(name, arguments, is_weight, carries_units):
    """The Product of an operation, or None where it is not one of weights and units."""
    if name == "convolution":
        return convolution(arguments) if carries_units(arguments[0]) else None
    if name not in FACTORS:
        return None
    left, right = arguments[FACTORS[name]:FACTORS[name] + 2]
    if not (carries_units(left) and is_weight(right) or is_weight(left) and carries_units(right)):
        return None
    return matrix_product(arguments, FACTORS[name], is_weight)
