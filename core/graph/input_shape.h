#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/graph/model_reader.h"

namespace modlab::reader {

/// Runs the model on an example input of a shape. Throws ShapeMismatch or ForwardFailure (failures.h) where that fails,
/// and Error for what no other shape can mend.
using TryShape = std::function<void(const InputShape& shape)>;
/// Operation of the first layer with weights (`linear`, `conv2d`) that the last run has executed; empty if it got to
/// none.
using FirstLayer = std::function<std::string()>;

/// Finds the shape of the one input of a model by running it: [1, features] where a linear layer comes first; where a
/// convolution does, the square (cubic) input that a flatten demands, or else the smallest one that works, but 32 where
/// smaller ones work, too; where an embedding does, int64 indices, [1, 1] if that works. The last call of `try_shape`
/// is with the shape that is returned. Errors: kInputShapeInvalid, saying how to give a shape; kModelForwardFailed
/// where the model fails on every shape for reasons of its own.
InputShape DeriveInputShape(const TryShape& try_shape, const FirstLayer& first_layer);

/// `1,3,224,224`, or `1,16:int64`: as `--input-shape` takes it.
std::string OptionText(const InputShape& shape);

}  // namespace modlab::reader
