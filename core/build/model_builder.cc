#include "core/build/model_builder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/script.h>

#include <memory>
#include <sstream>
#include <vector>

#include "core/build/module_parts.h"

namespace modlab {
namespace {

/// `[2, 2]`: the same number for all of `axes` axes.
std::string Repeated(int64_t number, size_t axes) {
  std::string text = "[";
  for (size_t axis = 0; axis < axes; ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(number);
  return text + "]";
}

class Builder {
 public:
  Builder(const NetworkDescription& network, uint64_t seed)
      : network_(network),
        shapes_(DescribeShapes(network)),
        generator_(at::make_generator<at::CPUGeneratorImpl>(seed)),
        types_(std::make_shared<torch::jit::CompilationUnit>()),
        root_(MakeModule("Network")) {}

  torch::jit::Module Build() {
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      if (!std::holds_alternative<PoolingLayer>(network_.layers[i])) last_weights_ = i;
    }
    shape_ = network_.input_shape;
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      std::visit([&](const auto& layer) { Add(layer, shapes_[i]); }, network_.layers[i]);
      if (!std::holds_alternative<PoolingLayer>(network_.layers[i])) FinishLayer(i == last_weights_);
      shape_ = shapes_[i].output;
    }
    root_.define("def forward(self, x):\n" + forward_.str() + "    return x\n");
    return root_;
  }

 private:
  torch::jit::Module MakeModule(const std::string& name) { return NewModule(name, types_); }

  void Line(const std::string& expression) { forward_ << "    x = " << expression << "\n"; }
  void CallSubmodule(const std::string& name) { Line("self." + name + ".forward(x)"); }

  std::string Bias() const { return network_.bias ? "self.bias" : "None"; }

  void Add(const LinearLayer& layer, const LayerShape& described) {
    if (shape_.size() > 1) Line("torch.flatten(x, 1)");
    torch::jit::Module module = MakeModule("Linear");
    AddDefaultWeights(module, {layer.outputs, described.input[0]}, network_.bias, generator_);
    module.define("def forward(self, x):\n    return torch.linear(x, self.weight, " + Bias() + ")\n");
    root_.register_module(described.name, module);
    CallSubmodule(described.name);
  }

  void Add(const ConvolutionLayer& layer, const LayerShape& described) {
    const size_t axes = shape_.size() - 1;
    torch::jit::Module module = MakeModule("Convolution");
    std::vector<int64_t> shape = {layer.channels, shape_[0]};
    shape.insert(shape.end(), axes, layer.kernel);
    AddDefaultWeights(module, shape, network_.bias, generator_);
    module.define("def forward(self, x):\n    return torch.conv" + std::to_string(axes) + "d(x, self.weight, " +
                  Bias() + ", " + Repeated(layer.stride, axes) + ", " + Repeated(layer.padding, axes) + ", " +
                  Repeated(1, axes) + ", 1)\n");
    root_.register_module(described.name, module);
    CallSubmodule(described.name);
    if (network_.batch_norm) AddBatchNorm("bn" + described.name.substr(std::string("conv").size()), layer.channels);
  }

  void Add(const PoolingLayer& layer, const LayerShape& /*described*/) {
    const size_t axes = shape_.size() - 1;
    const std::string windows = Repeated(layer.kernel, axes) + ", " + Repeated(layer.stride, axes);
    const std::string function = layer.kind == PoolingLayer::Kind::kMaximum ? "max_pool" : "avg_pool";
    Line("torch." + function + std::to_string(axes) + "d(x, " + windows + ")");
  }

  void AddBatchNorm(const std::string& name, int64_t channels) {
    torch::jit::Module module = MakeModule("BatchNorm");
    module.register_parameter("weight", at::ones({channels}).set_requires_grad(true), false);
    module.register_parameter("bias", at::zeros({channels}).set_requires_grad(true), false);
    module.register_buffer("running_mean", at::zeros({channels}));
    module.register_buffer("running_var", at::ones({channels}));
    module.register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
    module.define(BatchNormForward("self.weight", "self.bias", 0.1, 1e-05));
    root_.register_module(name, module);
    CallSubmodule(name);
  }

  /// What follows a layer that has weights.
  void FinishLayer(bool last) {
    const std::string activation = ActivationCall(last ? network_.output_activation : network_.hidden_activation);
    if (!activation.empty()) Line(activation);
    if (last || network_.dropout == 0) return;
    Line("torch.dropout(x, " + Literal(network_.dropout) + ", self.training)");
  }

  const NetworkDescription& network_;
  std::vector<LayerShape> shapes_;
  at::Generator generator_;
  std::shared_ptr<torch::jit::CompilationUnit> types_;
  torch::jit::Module root_;
  std::vector<int64_t> shape_;  ///< What the next layer reads.
  size_t last_weights_ = 0;
  std::ostringstream forward_;
};

}  // namespace

void BuildModel(const NetworkDescription& network, uint64_t seed, const std::string& path) {
  SaveModule(MakeOrExplain([&] { return Builder(network, seed).Build(); }), path);
}

}  // namespace modlab
