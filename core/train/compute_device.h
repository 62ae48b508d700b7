#pragma once

#include <ATen/ATen.h>

#include <string>

namespace modlab {

// Where tensors are computed with. Internal to core/train: it shows LibTorch's types.

/// `cpu`; `cuda` (the first GPU) or `cuda:N`; `auto`: a GPU where LibTorch has one, else the CPU. A GPU is set to take
/// the kernels that give the same numbers each time. Errors: kInvalidOption.
at::Device ResolveDevice(const std::string& name);

/// `cpu`, `cuda:0`.
std::string NameOf(const at::Device& device);

}  // namespace modlab
