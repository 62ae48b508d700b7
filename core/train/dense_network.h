#pragma once

#include "core/train/dense_layers.h"

namespace modlab {

/// Runs dense layers forward and backward in memory of its own, without a graph of operations: for small networks and
/// batches that is most of what a step takes. Parameters are read where they lie, so they may change between two calls.
/// Numbers differ from the module's by rounding. Not thread safe. Internal to core/train: it shows LibTorch's types.
class DenseNetwork {
 public:
  explicit DenseNetwork(DenseLayers layers);

  /// Whether a batch has the shape and type that the layers take. What has not is for the module itself, and its error.
  bool Takes(const at::Tensor& input) const;

  /// The output [samples, outputs] for a batch that it takes; good until the next call.
  at::Tensor Forward(const at::Tensor& input);

  /// Writes the gradients of all parameters that require one, for the last input: `output_gradient` is the loss's with
  /// respect to the last output. What was in them is forgotten.
  void Backward(const at::Tensor& output_gradient);

 private:
  struct Layer {
    DenseLayer parameters;
    at::Tensor sums;     ///< [most samples, outputs], before the activation, where that needs them.
    at::Tensor outputs;  ///< [most samples, outputs].
    at::Tensor output_gradients;
    at::Tensor weight_gradient;
    at::Tensor bias_gradient;
  };

  void Reserve(int64_t samples);
  /// Turns a layer's gradients of outputs into those of sums.
  static void BackThroughActivation(const Layer& layer, const at::Tensor& gradients, int64_t samples);

  bool flattens_;
  std::vector<Layer> layers_;
  size_t first_trained_ = 0;  ///< Layers before it have no parameter that needs a gradient.
  int64_t most_samples_ = 0;
  at::Tensor transposed_;  ///< A layer's products, [outputs, samples].
  at::Tensor input_;       ///< The last one.
};

}  // namespace modlab
