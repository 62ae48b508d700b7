#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace modlab::reader {

using Shape = std::vector<int64_t>;

/// Runs the model on an example input of a shape. Throws ShapeMismatch or ForwardFailure (failures.h) where that fails,
/// and Error for what no other shape can mend.
using TryShape = std::function<void(const Shape& shape)>;
/// Operation of the first layer with weights (`linear`, `conv2d`) that the last run has executed; empty if it got to
/// none.
using FirstLayer = std::function<std::string()>;

/// Finds the shape of the one input of a model by running it: [1, features] where a linear layer comes first; where a
/// convolution does, the square (cubic) input that a flatten demands, or else the smallest one that works, but 32 where
/// smaller ones work, too. The last call of `try_shape` is with the shape that is returned.
/// Errors: kInputShapeInvalid, saying how to give a shape; kModelForwardFailed where the model fails on every shape for
/// reasons of its own.
Shape DeriveInputShape(const TryShape& try_shape, const FirstLayer& first_layer);

/// `1,3,224,224`, as `--input-shape` takes it.
std::string OptionText(const Shape& shape);

}  // namespace modlab::reader
