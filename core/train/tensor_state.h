#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "core/dataset/array.h"
#include "core/train/optimizer.h"
#include "core/train/trainable_model.h"

namespace modlab {

// A training's state as arrays, and back. Internal to core/train.

/// What stands before the names of a model's tensors.
inline constexpr const char* kModelPrefix = "model/";

/// Views of the tensors' memory: valid as long as they are, and as they are then. Errors: kInvalidOption (a type that
/// files do not have).
std::vector<NamedArray> ViewsOf(const std::vector<TrainableModel::Parameter>& tensors, const std::string& prefix);
/// Errors: kDataInvalid (an array is missing, or has another type or size).
void CopyInto(const std::vector<NamedArray>& arrays, const std::string& prefix,
              const std::vector<TrainableModel::Parameter>& tensors);

/// Errors: kDataInvalid (there is none).
const Array& RequireArray(const std::vector<NamedArray>& arrays, const std::string& name);

/// Views of the optimiser's buffers, and copies of its counts.
void AppendOptimizer(const Optimizer& optimizer, std::vector<NamedArray>& arrays);
void RestoreOptimizer(const std::vector<NamedArray>& arrays, Optimizer& optimizer);

/// The states of LibTorch's random generators, the CPU's and the device's, which dropout draws from.
void SeedGenerators(uint64_t seed, const at::Device& device);
void AppendGenerators(const at::Device& device, std::vector<NamedArray>& arrays);
void RestoreGenerators(const std::vector<NamedArray>& arrays, const at::Device& device);

bool IsFinite(const at::Tensor& tensor);

}  // namespace modlab
