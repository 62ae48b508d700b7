#pragma once

#include <ATen/ATen.h>

#include <string>

namespace modlab {

/// What computes: `cpu`; `cuda` (the first GPU) or `cuda:N`; `auto`: a GPU where LibTorch has one, else the CPU. A GPU
/// is set to take the kernels that give the same numbers each time. Internal to core/train: it shows LibTorch's types.
/// Errors: kInvalidOption (no such name, or no such GPU).
at::Device ResolveDevice(const std::string& name);

}  // namespace modlab
