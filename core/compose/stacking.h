#pragma once

#include <torch/script.h>

#include <vector>

#include "core/compose/layer_chain.h"

namespace modlab {

/// A layer of several parts side by side. Internal to core/compose: it shows LibTorch's types.
struct StackedLayer {
  ChainLayer layer;
  at::Tensor cross;  ///< Of one with weights: bool, of their shape; whether an entry joins different parts.
};

/// Checks that the parts have the same kinds of layers with the same settings, and values of the same shapes but for
/// the number of features or channels. Errors: kCompositionInvalid.
void CheckPartsFit(const std::vector<LayerChain>& parts);

/// Puts the layers at the same place of each part side by side: weights on the diagonal, off it what N(0, deviation^2)
/// gives (0: zeros), biases and norms one after the other; absent biases beside others are zeros. The parts fit.
StackedLayer Stack(const std::vector<const ChainLayer*>& layers, double cross_deviation, at::Generator& generator);

}  // namespace modlab
