#include "core/build/module_parts.h"

#include <torch/csrc/jit/serialization/export.h>

#include <cmath>
#include <fstream>
#include <new>
#include <sstream>
#include <stdexcept>

#include "core/error.h"

namespace modlab {
namespace {

/// A uniform number's bound from a fan-in: rounded as torch.nn.init.kaiming_uniform_ with a = sqrt(5) does it, whose
/// result is 1/sqrt(fan_in) but for its last bits.
double WeightBound(int64_t fan_in) {
  const double a = std::sqrt(5.0);
  const double gain = std::sqrt(2.0 / (1 + a * a));
  return std::sqrt(3.0) * (gain / std::sqrt(static_cast<double>(fan_in)));
}

void AddUniform(torch::jit::Module& module, const std::string& name, const std::vector<int64_t>& shape, double bound,
                at::Generator& generator) {
  const at::Tensor tensor = at::empty(shape, at::kFloat).uniform_(-bound, bound, generator);
  module.register_parameter(name, tensor.set_requires_grad(true), false);
}

[[noreturn]] void ThrowOutOfMemory() {
  throw Error(ErrorKind::kOutOfMemory, "the network needs more memory than there is; make its layers smaller");
}

}  // namespace

torch::jit::Module NewModule(const std::string& name, const std::shared_ptr<torch::jit::CompilationUnit>& types) {
  torch::jit::Module module("__torch__.modlab." + name, types, /*shouldMangle=*/true);
  // Before anything else: registering submodules and train() look for it.
  module.register_attribute("training", c10::BoolType::get(), true);
  return module;
}

void AddDefaultWeights(torch::jit::Module& module, const std::vector<int64_t>& shape, bool bias,
                       at::Generator& generator) {
  int64_t fan_in = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis) fan_in *= shape[axis];
  AddUniform(module, "weight", shape, WeightBound(fan_in), generator);
  if (bias) AddUniform(module, "bias", {shape[0]}, 1 / std::sqrt(static_cast<double>(fan_in)), generator);
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

std::string Literal(double number) {
  if (!std::isfinite(number)) return "float(\"" + std::to_string(number) + "\")";
  std::ostringstream text;
  text.precision(17);
  text << std::showpoint << number;
  return text.str();
}

std::string BatchNormForward(const std::string& weight, const std::string& bias, double momentum, double epsilon) {
  return "def forward(self, x):\n"
         "    if self.training:\n"
         "        self.num_batches_tracked = self.num_batches_tracked + 1\n"
         "    return torch.batch_norm(x, " +
         weight + ", " + bias + ", self.running_mean, self.running_var, self.training, " + Literal(momentum) + ", " +
         Literal(epsilon) + ", True)\n";
}

void SaveModule(const torch::jit::Module& module, const std::string& path) {
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

torch::jit::Module MakeOrExplain(const std::function<torch::jit::Module()>& make) {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    ThrowOutOfMemory();
  } catch (const c10::Error& error) {
    // LibTorch has no type of its own for that on a CPU.
    if (std::string(error.what()).find("DefaultCPUAllocator: ") != std::string::npos) ThrowOutOfMemory();
    throw std::logic_error(std::string("building a network failed: ") + error.what());
  }
}

}  // namespace modlab
