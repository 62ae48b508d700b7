#pragma once

#include <torch/script.h>

#include <vector>

namespace modlab::reader {

/// Whether a node makes or unpacks a tuple, list, dict or object, or looks at a value's type. LibTorch's interpreter
/// has instructions for these, not kernels.
bool IsConstruction(const torch::jit::Node& node);

/// The results of such a node.
std::vector<c10::IValue> Construct(const torch::jit::Node& node, std::vector<c10::IValue> arguments);

}  // namespace modlab::reader
