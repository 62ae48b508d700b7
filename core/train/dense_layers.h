#pragma once

#include <torch/script.h>

#include <optional>
#include <vector>

#include "core/build/network_description.h"

namespace modlab {

/// One fully connected layer of a module. Internal to core/train: it shows LibTorch's types.
struct DenseLayer {
  at::Tensor weight;  ///< The module's own, [outputs, inputs], float32 and contiguous.
  at::Tensor bias;    ///< [outputs]; undefined: none.
  Activation activation = Activation::kNone;
};

struct DenseLayers {
  bool flattens = false;  ///< Whether inputs of any shape are flattened before the first layer.
  std::vector<DenseLayer> layers;
};

/// The layers of a module whose forward is nothing but fully connected layers with elementwise activations between
/// them, the same in training and in evaluation; nothing where it is, or might be, anything else, or where layers share
/// parameters.
std::optional<DenseLayers> FindDenseLayers(const torch::jit::Module& module);

/// Whether all parameters of the layers require gradients.
bool RequireGradients(const DenseLayers& layers);

}  // namespace modlab
