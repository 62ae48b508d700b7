"""What the judge has in place of operations that could hide a movement, or whose statistics it freezes."""

import torch

# Activations become the identity; those of gates, a function that grows without end, but slowly: products of gates
# would soon be infinite.
IDENTITIES = {"relu", "leaky_relu", "elu", "gelu", "silu", "mish", "celu", "softplus", "hardtanh", "hardswish", "abs",
              "clamp", "prelu", "_prelu_kernel"}
GROWING = {"sigmoid", "tanh", "_softmax", "_log_softmax", "hardsigmoid"}
EMPTY = {"empty", "empty_like", "new_empty"}  # whose contents are not the same in every run
POOLS = {"max_pool2d_with_indices": torch.ops.aten.avg_pool2d,
         "max_pool3d_with_indices": torch.ops.aten.avg_pool3d,
         "adaptive_max_pool2d": torch.ops.aten._adaptive_avg_pool2d,
         "adaptive_max_pool3d": torch.ops.aten._adaptive_avg_pool3d}


def growing(x):
    return torch.sign(x) * torch.log1p(torch.abs(x))


def scaled(result, x, shape, gamma, beta):
    """The result of a norm whose statistics are frozen."""
    value = x if gamma is None else x * gamma.view(shape)
    value = value.clone() if beta is None else value + beta.view(shape)
    return (value,) + tuple(torch.ones_like(statistic) for statistic in result[1:])


def along_channels(x):
    return [-1 if axis == 1 else 1 for axis in range(x.dim())]


def execute(name, function, arguments, options):
    """The operation, or what stands for it."""
    x = arguments[0] if arguments else None
    plain = name.rstrip("_")
    if name in EMPTY:
        return function(*arguments, **options).fill_(0.5)
    if plain in IDENTITIES:
        return x if name.endswith("_") else x.clone()
    if plain in GROWING:
        return x.copy_(growing(x)) if name.endswith("_") else growing(x)
    if name == "log_sigmoid_forward":
        return growing(x), torch.zeros(0, dtype=x.dtype)
    if name == "glu":
        value, gate = x.chunk(2, arguments[1] if len(arguments) > 1 else -1)
        return value * growing(gate)
    if name == "maximum":
        return x + arguments[1]
    if name == "amax":
        return x.mean(*arguments[1:], **options)
    if name in POOLS:
        return POOLS[name](x, *arguments[1:]), function(*arguments, **options)[1]
    if name == "native_layer_norm":
        return scaled(function(*arguments, **options), x, list(arguments[1]), arguments[2], arguments[3])
    if name == "native_group_norm" or name == "native_batch_norm" and arguments[5]:
        return scaled(function(*arguments, **options), x, along_channels(x), arguments[1], arguments[2])
    return function(*arguments, **options)
