#include "core/graph/operations/call.h"

#include "core/error.h"

namespace modlab::reader {
namespace {

[[noreturn]] void ThrowUnsupported(const std::string& operation, const SourceLocation& location,
                                   const std::string& why) {
  throw Error(ErrorKind::kOperationUnsupported, operation + location.Phrase() + " " + why,
              {{"operation", operation}, {"source", location.line}, {"layer", location.layer}});
}

}  // namespace

std::string ShapeText(at::IntArrayRef shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

std::vector<c10::IValue> ExecuteKernel(const Run& run, const torch::jit::Node& node,
                                       std::vector<c10::IValue> arguments) {
  if (node.maybeOperator() == nullptr) {
    ThrowUnsupported(node.kind().toQualString(), run.locator.Locate(node),
                     "cannot be executed by the graph reader; write the model without it");
  }
  torch::jit::Stack stack = std::move(arguments);
  try {
    node.getOperation()(stack);
  } catch (const std::exception& exception) {
    ThrowIfOutOfMemory(exception);
    throw ForwardFailure(EssentialLine(exception.what()), node.kind().toQualString(), run.locator.Locate(node));
  }
  for (c10::IValue& result : stack) {
    if (result.isTensor()) result = run.parameters.Computable(result.toTensor());
  }
  return stack;
}

const c10::IValue& Call::argument(const char* name) const {
  return arguments_.at(*node_.schema().argumentIndexWithName(name));
}

bool Call::HasArgument(const char* name) const {
  const auto* schema = node_.maybeSchema();
  return schema != nullptr && schema->argumentIndexWithName(name).has_value();
}

at::Tensor Call::tensor(const char* name) const {
  return HasArgument(name) && argument(name).isTensor() ? argument(name).toTensor() : at::Tensor();
}

std::vector<at::Tensor> Call::UnitTensors() const {
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& argument : arguments_) {
    if (argument.isTensor() && run_.units.Find(argument.toTensor()) != nullptr) tensors.push_back(argument.toTensor());
  }
  return tensors;
}

TensorUnits Call::Read(const at::Tensor& tensor) {
  const TensorUnits* units = run_.units.Find(tensor);
  ++units->origin->readers;
  return units->Recomputed();
}

void Call::Execute(ShapeMismatch::Extent extent_if_it_fails) {
  try {
    results_ = ExecuteKernel(run_, node_, arguments_);
  } catch (const ForwardFailure& failure) {
    if (extent_if_it_fails == ShapeMismatch::Extent::kUnknown) throw;
    Mismatch(Subject() + " cannot work on an input of this size: " + failure.what(), extent_if_it_fails);
  }
  const bool sized = extent_if_it_fails != ShapeMismatch::Extent::kUnknown;
  if (sized && result().numel() == 0) {
    Mismatch(Subject() + " leaves nothing of an input of this size", extent_if_it_fails);
  }
}

at::Tensor Call::ExecuteOn(const at::Tensor& first_argument) const {
  std::vector<c10::IValue> arguments = arguments_;
  arguments.front() = first_argument;
  return ExecuteKernel(run_, node_, std::move(arguments)).front().toTensor();
}

std::string Call::LayerName(const at::Tensor& weight, const std::string& operation) const {
  const std::string parameter = run_.parameters.NameOf(weight);
  if (!parameter.empty()) {
    const std::string suffix = ".weight";
    const bool is_weight = parameter.size() > suffix.size() &&
                           parameter.compare(parameter.size() - suffix.size(), suffix.size(), suffix) == 0;
    return is_weight ? parameter.substr(0, parameter.size() - suffix.size()) : parameter;
  }
  const std::string layer = location().layer;
  if (!layer.empty()) return layer;
  return operation + "_" + std::to_string(run_.units.weight_operations().size() + 1);
}

std::string Call::Subject() const {
  const std::string layer = location().layer;
  const std::string operation = name().substr(name().rfind(':') + 1);
  return layer.empty() ? operation : operation + " in layer " + layer;
}

void Call::Unsupported(const std::string& why) const { ThrowUnsupported(name(), location(), why); }

void Call::Mismatch(const std::string& message, ShapeMismatch::Extent extent,
                    std::optional<ShapeMismatch::AxisSize> expected) const {
  throw ShapeMismatch(message + location().LinePhrase(), extent, expected);
}

}  // namespace modlab::reader
