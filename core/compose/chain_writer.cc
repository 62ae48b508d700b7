#include "core/compose/chain_writer.h"

#include <stdexcept>
#include <utility>

#include "core/build/module_parts.h"

namespace modlab {
namespace {

void AddParameter(torch::jit::Module& module, const std::string& name, const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  module.register_parameter(name, tensor.detach().clone().contiguous().set_requires_grad(true), false);
}

/// `torch.max_pool2d(x, kernel_size=[2, 2], ...)`.
std::string CallOf(const ChainLayer& layer) {
  std::string call = "torch." + layer.operation + "(x";
  for (const auto& [name, value] : layer.settings) call += ", " + name + "=" + SettingText(value);
  return call + ")";
}

std::string NameOrNone(const at::Tensor& tensor, const char* name) { return tensor.defined() ? name : "None"; }

}  // namespace

std::string SettingText(const c10::IValue& value) {
  if (value.isNone()) return "None";
  if (value.isBool()) return value.toBool() ? "True" : "False";
  if (value.isInt()) return std::to_string(value.toInt());
  if (value.isDouble()) return Literal(value.toDouble());
  if (value.isString()) return "\"" + value.toStringRef() + "\"";
  if (value.isIntList()) {
    std::string text;
    for (const int64_t number : value.toIntVector()) text += (text.empty() ? "" : ", ") + std::to_string(number);
    return "[" + text + "]";
  }
  throw std::logic_error("a setting of a type that no layer has: " + value.tagKind());
}

ChainWriter::ChainWriter(const std::string& name, std::shared_ptr<torch::jit::CompilationUnit> types)
    : types_(std::move(types)), module_(NewModule(name, types_)) {}

std::string ChainWriter::AddSubmodule(const std::string& kind, const torch::jit::Module& module) {
  std::string name = kind + std::to_string(++numbers_[kind]);
  module_.register_module(name, module);
  Line("self." + name + ".forward(x)");
  return name;
}

torch::jit::Module ChainWriter::WithWeights(const char* name, const ChainLayer& layer) const {
  torch::jit::Module module = NewModule(name, types_);
  AddParameter(module, "weight", layer.weight);
  AddParameter(module, "bias", layer.bias);
  return module;
}

std::string ChainWriter::Add(const ChainLayer& layer) {
  switch (layer.kind) {
    case ChainLayer::Kind::kLinear: {
      torch::jit::Module module = WithWeights("Linear", layer);
      module.define("def forward(self, x):\n    return torch.linear(x, self.weight, " +
                    NameOrNone(layer.bias, "self.bias") + ")\n");
      return AddSubmodule("fc", module);
    }
    case ChainLayer::Kind::kConvolution: {
      torch::jit::Module module = WithWeights("Convolution", layer);
      module.define("def forward(self, x):\n    return torch." + layer.operation + "(x, self.weight, " +
                    NameOrNone(layer.bias, "self.bias") + ", " + SettingText(layer.setting("stride")) + ", " +
                    SettingText(layer.setting("padding")) + ", " + SettingText(layer.setting("dilation")) + ", 1)\n");
      return AddSubmodule("conv", module);
    }
    case ChainLayer::Kind::kBatchNorm: {
      torch::jit::Module module = WithWeights("BatchNorm", layer);
      module.register_buffer("running_mean", layer.mean.detach().clone());
      module.register_buffer("running_var", layer.variance.detach().clone());
      module.register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
      module.define(BatchNormForward(NameOrNone(layer.weight, "self.weight"), NameOrNone(layer.bias, "self.bias"),
                                     layer.setting("momentum").toDouble(), layer.setting("eps").toDouble()));
      return AddSubmodule("bn", module);
    }
    case ChainLayer::Kind::kDropout:
      Line("torch." + layer.operation + "(x, " + SettingText(layer.setting("p")) + ", self.training)");
      return "";
    case ChainLayer::Kind::kFlatten:
      Line("torch.flatten(x, 1)");
      return "";
    case ChainLayer::Kind::kElementwise:
    case ChainLayer::Kind::kPooling:
    case ChainLayer::Kind::kMixing:
      Line(CallOf(layer));
      return "";
  }
  return "";
}

torch::jit::Module ChainWriter::Finish() {
  module_.define("def forward(self, x):\n" + forward_.str() + "    return x\n");
  return module_;
}

}  // namespace modlab
