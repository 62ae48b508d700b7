#include "core/build/model_builder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/script.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

/// `[2, 2]`: the same number for all of `axes` axes.
std::string Repeated(int64_t number, size_t axes) {
  std::string text = "[";
  for (size_t axis = 0; axis < axes; ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(number);
  return text + "]";
}

std::string ActivationCall(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      break;
    case Activation::kRelu:
      return "torch.relu(x)";
    case Activation::kTanh:
      return "torch.tanh(x)";
    case Activation::kSigmoid:
      return "torch.sigmoid(x)";
    case Activation::kGelu:
      return "torch.gelu(x)";
  }
  return "";
}

/// A uniform number's bound from a fan-in: rounded as torch.nn.init.kaiming_uniform_ with a = sqrt(5) does it, whose
/// result is 1/sqrt(fan_in) but for its last bits.
double WeightBound(int64_t fan_in) {
  const double a = std::sqrt(5.0);
  const double gain = std::sqrt(2.0 / (1 + a * a));
  return std::sqrt(3.0) * (gain / std::sqrt(static_cast<double>(fan_in)));
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
  torch::jit::Module MakeModule(const std::string& name) {
    torch::jit::Module module("__torch__.modlab." + name, types_, /*shouldMangle=*/true);
    // Before anything else: registering submodules and train() look for it.
    module.register_attribute("training", c10::BoolType::get(), true);
    return module;
  }

  void Line(const std::string& expression) { forward_ << "    x = " << expression << "\n"; }
  void CallSubmodule(const std::string& name) { Line("self." + name + ".forward(x)"); }

  void AddUniform(torch::jit::Module& module, const std::string& name, const std::vector<int64_t>& shape,
                  double bound) {
    const at::Tensor tensor = at::empty(shape, at::kFloat).uniform_(-bound, bound, generator_);
    module.register_parameter(name, tensor.set_requires_grad(true), false);
  }

  /// The weight and, where there is one, the bias, drawn in this order.
  void AddWeights(torch::jit::Module& module, const std::vector<int64_t>& shape) {
    int64_t fan_in = 1;
    for (size_t axis = 1; axis < shape.size(); ++axis) fan_in *= shape[axis];
    AddUniform(module, "weight", shape, WeightBound(fan_in));
    if (network_.bias) AddUniform(module, "bias", {shape[0]}, 1 / std::sqrt(static_cast<double>(fan_in)));
  }

  std::string Bias() const { return network_.bias ? "self.bias" : "None"; }

  void Add(const LinearLayer& layer, const LayerShape& described) {
    if (shape_.size() > 1) Line("torch.flatten(x, 1)");
    torch::jit::Module module = MakeModule("Linear");
    AddWeights(module, {layer.outputs, described.input[0]});
    module.define("def forward(self, x):\n    return torch.linear(x, self.weight, " + Bias() + ")\n");
    root_.register_module(described.name, module);
    CallSubmodule(described.name);
  }

  void Add(const ConvolutionLayer& layer, const LayerShape& described) {
    const size_t axes = shape_.size() - 1;
    torch::jit::Module module = MakeModule("Convolution");
    std::vector<int64_t> shape = {layer.channels, shape_[0]};
    shape.insert(shape.end(), axes, layer.kernel);
    AddWeights(module, shape);
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
    module.define(
        "def forward(self, x):\n"
        "    if self.training:\n"
        "        self.num_batches_tracked = self.num_batches_tracked + 1\n"
        "    return torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var, self.training, "
        "0.1, 1e-05, True)\n");
    root_.register_module(name, module);
    CallSubmodule(name);
  }

  /// What follows a layer that has weights.
  void FinishLayer(bool last) {
    const std::string activation = ActivationCall(last ? network_.output_activation : network_.hidden_activation);
    if (!activation.empty()) Line(activation);
    if (last || network_.dropout == 0) return;
    std::ostringstream rate;
    rate.precision(17);
    rate << std::showpoint << network_.dropout;
    Line("torch.dropout(x, " + rate.str() + ", self.training)");
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

[[noreturn]] void ThrowOutOfMemory() {
  throw Error(ErrorKind::kOutOfMemory, "the network needs more memory than there is; make its layers smaller");
}

torch::jit::Module Build(const NetworkDescription& network, uint64_t seed) {
  try {
    return Builder(network, seed).Build();
  } catch (const std::bad_alloc&) {
    ThrowOutOfMemory();
  } catch (const c10::Error& error) {
    // LibTorch has no type of its own for that on a CPU.
    if (std::string(error.what()).find("DefaultCPUAllocator: ") != std::string::npos) ThrowOutOfMemory();
    throw std::logic_error(std::string("building a network failed: ") + error.what());
  }
}

void Save(const torch::jit::Module& module, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  // Not to a file by its name, which would go into the archive, whose bytes would then depend on it. A write that fails
  // is kept from LibTorch, which would throw in a destructor and so end the process; the file knows.
  torch::jit::ExportModule(module, [&](const void* bytes, size_t count) {
    file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    return count;
  });
  file.close();
  if (!file) throw std::runtime_error("cannot write the model to " + path);
}

}  // namespace

void BuildModel(const NetworkDescription& network, uint64_t seed, const std::string& path) {
  Save(Build(network, seed), path);
}

}  // namespace modlab
