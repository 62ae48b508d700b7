#include "core/build/network_description.h"

#include <numeric>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace modlab {
namespace {

constexpr int64_t kMaxNumbers = int64_t{1} << 31;

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// Factors are positive. The product, or kMaxNumbers + 1 where it is larger than that.
int64_t Product(const std::vector<int64_t>& factors) {
  return std::accumulate(factors.begin(), factors.end(), int64_t{1}, [](int64_t product, int64_t factor) {
    return product > kMaxNumbers / factor ? kMaxNumbers + 1 : product * factor;
  });
}

void CheckInputShape(const std::vector<int64_t>& shape) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kInvalidOption,
                "the network's input shape " + (shape.empty() ? "is empty" : ShapeText(shape) + " " + what) +
                    "; give the shape of one example, such as 784, or 3x32x32 (channels, height, width)",
                {{"option", "input_shape"}});
  };
  if (shape.empty()) refuse("");
  if (shape.size() > 4) refuse("has more than four axes");
  for (const int64_t size : shape) {
    if (size < 1) refuse("has a size below 1");
  }
  if (Product(shape) >= kMaxNumbers) refuse("has 2^31 numbers or more");
}

/// Follows the shapes from layer to layer.
class ShapeFollower {
 public:
  explicit ShapeFollower(const NetworkDescription& network) : network_(network), shape_(network.input_shape) {}

  std::vector<LayerShape> Follow() {
    for (const LayerDescription& layer : network_.layers) {
      ++number_;
      LayerShape& described = layers_.emplace_back();
      std::visit([&](const auto& of_kind) { Describe(of_kind, described); }, layer);
      described.output = shape_;
      if (Product(shape_) >= kMaxNumbers) {
        Refuse("writes " + ShapeText(shape_) + ", 2^31 numbers or more; make it smaller");
      }
      parameters_ += described.parameters;
      if (parameters_ > kMaxNumbers) Refuse("takes the network beyond 2^31 parameters; make its layers smaller");
    }
    if (linear_ + convolutions_ == 0) {
      throw Error(ErrorKind::kInvalidOption,
                  "the network has no linear or convolutional layer, so it has no weights; give it one",
                  {{"option", "layers"}});
    }
    return std::move(layers_);
  }

 private:
  void Describe(const LinearLayer& layer, LayerShape& described) {
    described.name = "fc" + std::to_string(++linear_);
    CheckSize(layer.outputs, "outputs");
    described.input = {Product(shape_)};
    described.parameters = Parameters(layer.outputs, {described.input[0]}, false);
    shape_ = {layer.outputs};
  }

  void Describe(const ConvolutionLayer& layer, LayerShape& described) {
    described.name = "conv" + std::to_string(++convolutions_);
    described.input = shape_;
    CheckSize(layer.channels, "channels");
    if (layer.padding < 0 || layer.padding >= kMaxNumbers) {
      Refuse("has the padding " + std::to_string(layer.padding) + "; it must be 0 or above, and below 2^31");
    }
    std::vector<int64_t> fan_in = {shape_[0]};
    fan_in.insert(fan_in.end(), shape_.size() - 1, layer.kernel);
    SlideWindow(layer.kernel, layer.stride, layer.padding, "a convolution");
    described.parameters = Parameters(layer.channels, fan_in, network_.batch_norm);
    shape_[0] = layer.channels;
  }

  void Describe(const PoolingLayer& layer, LayerShape& described) {
    described.name = "pool" + std::to_string(++pools_);
    described.input = shape_;
    SlideWindow(layer.kernel, layer.stride, 0, "a pooling layer");
  }

  /// Shortens all axes but the channels'.
  void SlideWindow(int64_t kernel, int64_t stride, int64_t padding, const std::string& what) {
    if (shape_.size() < 2) {
      Refuse("is " + what + ", which needs channels and at least one more axis, but reads " + ShapeText(shape_) +
             " numbers; " + (number_ == 1 ? "give an input shape such as 1x28x28" : "put it before linear layers"));
    }
    const std::vector<int64_t> input = shape_;
    CheckSize(kernel, "kernel");
    CheckSize(stride, "stride");
    for (size_t axis = 1; axis < shape_.size(); ++axis) {
      const int64_t padded = shape_[axis] + 2 * padding;
      if (kernel > padded) {
        Refuse("has a kernel of " + std::to_string(kernel) + ", larger than what it reads, " + ShapeText(input) +
               (padding > 0 ? " with a padding of " + std::to_string(padding) : "") +
               "; make the kernel smaller, or pool less before it");
      }
      shape_[axis] = (padded - kernel) / stride + 1;
    }
  }

  int64_t Parameters(int64_t outputs, std::vector<int64_t> fan_in, bool batch_norm) {
    fan_in.push_back(outputs);
    const int64_t weights = Product(fan_in);
    return weights + (network_.bias ? outputs : 0) + (batch_norm ? 2 * outputs : 0);
  }

  void CheckSize(int64_t size, const std::string& name) const {
    if (size >= 1 && size < kMaxNumbers) return;
    Refuse("has " + name + " " + std::to_string(size) + "; it must be at least 1 and below 2^31");
  }

  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error(ErrorKind::kInvalidOption, "layer " + std::to_string(number_) + " of the network " + what,
                {{"option", "layers"}, {"layer", std::to_string(number_)}});
  }

  const NetworkDescription& network_;
  std::vector<int64_t> shape_;
  std::vector<LayerShape> layers_;
  int number_ = 0;
  int linear_ = 0;
  int convolutions_ = 0;
  int pools_ = 0;
  int64_t parameters_ = 0;
};

}  // namespace

std::vector<LayerShape> DescribeShapes(const NetworkDescription& network) {
  CheckInputShape(network.input_shape);
  if (!(network.dropout >= 0 && network.dropout < 1)) {
    std::ostringstream message;
    message << "the network's dropout is " << network.dropout << "; it must be at least 0 and below 1";
    throw Error(ErrorKind::kInvalidOption, message.str(), {{"option", "dropout"}});
  }
  return ShapeFollower(network).Follow();
}

}  // namespace modlab
