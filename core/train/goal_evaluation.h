#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "core/train/goal.h"

namespace modlab {

/// Whether a value is to know how it depends on the tensors, so that it can be a loss.
enum class Gradient { kNone, kTracked };

/// The goal's value. `tensors` and `parameters` must have at least those that the goal uses
/// (std::logic_error); others do not matter. Types are as TorchScript has them: a float times an int64 tensor is a
/// float32 one, a comparison gives bools. May be called from several threads at once. Errors: kGoalInvalid (shapes that
/// do not fit, with the place as Goal's errors have it), kOutOfMemory.
at::Tensor Evaluate(const Goal& goal, const std::map<std::string, at::Tensor>& tensors,
                    const std::map<std::string, double>& parameters, Gradient gradient = Gradient::kNone);

}  // namespace modlab
