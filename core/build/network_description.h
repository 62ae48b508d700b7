#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace modlab {

/// Every unit reads all of the layer before; what has several axes is flattened first.
struct LinearLayer {
  int64_t outputs = 0;
};

/// Along all axes but the channels', with a kernel, a stride and a zero padding that are the same for each of them.
struct ConvolutionLayer {
  int64_t channels = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t padding = 0;
};

/// Of every channel by itself, without padding; what does not fill a window at the end is left out.
struct PoolingLayer {
  enum class Kind { kMaximum, kAverage };
  Kind kind = Kind::kMaximum;
  int64_t kernel = 2;
  int64_t stride = 2;
};

using LayerDescription = std::variant<LinearLayer, ConvolutionLayer, PoolingLayer>;

enum class Activation { kNone, kRelu, kTanh, kSigmoid, kGelu };

/// A feed-forward network. After each linear or convolutional layer follow, in this order, batch norm (convolutions
/// only), the activation and dropout; the last of them has the output's activation instead, and no dropout.
struct NetworkDescription {
  /// Without the batch: [features]; or [channels, length], [channels, height, width], [channels, depth, height, width].
  std::vector<int64_t> input_shape;
  std::vector<LayerDescription> layers;
  Activation hidden_activation = Activation::kRelu;
  Activation output_activation = Activation::kNone;
  double dropout = 0;  ///< The share of hidden values that are dropped in training, in [0, 1); 0: none.
  bool batch_norm = false;
  bool bias = true;  ///< Of linear and convolutional layers.
};

/// What a layer turns out to be.
struct LayerShape {
  /// `fc1`, `conv1`, `pool1`: each kind is numbered from 1.
  std::string name;
  /// What it reads, flattened where it is linear, and what it writes; without the batch.
  std::vector<int64_t> input;
  std::vector<int64_t> output;
  int64_t parameters = 0;  ///< Those of its batch norm included.
};

/// The shapes of all layers, in order. Errors: kInvalidOption, with the layer's number from 1 in the sentence and as
/// metadata `layer` where it is a layer's fault: a shape or size that is not positive, a layer that does not fit what
/// it reads (a kernel larger than its padded input, a convolution after a linear layer), no linear or convolutional
/// layer, 2^31 numbers or more in one example's input or layer, over 2^31 parameters, dropout out of range. O(layers).
std::vector<LayerShape> DescribeShapes(const NetworkDescription& network);

}  // namespace modlab
