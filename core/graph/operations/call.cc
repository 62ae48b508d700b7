#include "core/graph/operations/call.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

[[noreturn]] void ThrowUnsupported(const std::string& operation, const SourceLocation& location,
                                   const std::string& why) {
  throw Error(ErrorKind::kOperationUnsupported, operation + location.Phrase() + " " + why,
              {{"operation", operation}, {"source", location.line}, {"layer", location.layer}});
}

/// Of all sparse arguments, each time: a program can write to indices.
void CheckSparse(const Run& run, const torch::jit::Node& node, const std::vector<c10::IValue>& arguments) {
  const auto check = [&](const at::Tensor& tensor) {
    if (!IsSparse(tensor)) return;
    try {
      CheckIndices(tensor);
    } catch (const std::invalid_argument& wrong) {
      ThrowUnsupported(node.kind().toQualString(), run.Locate(node),
                       "has sparse weights " + std::string(wrong.what()) +
                           (run.parameters.NameOf(tensor).empty() ? "" : ": " + run.parameters.NameOf(tensor)));
    }
  };
  for (const c10::IValue& argument : arguments) {
    if (argument.isTensor()) check(argument.toTensor());
    if (argument.isTensorList()) {
      for (const at::Tensor& tensor : argument.toTensorVector()) check(tensor);
    }
  }
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
    ThrowUnsupported(node.kind().toQualString(), run.Locate(node),
                     "cannot be executed by the graph reader; write the model without it");
  }
  CheckSparse(run, node, arguments);
  torch::jit::Stack stack = std::move(arguments);
  if (node.getOperator().schema().is_vararg()) stack.emplace_back(static_cast<int64_t>(node.inputs().size()));
  try {
    node.getOperation()(stack);
  } catch (const std::exception& exception) {
    ThrowIfOutOfMemory(exception);
    throw ForwardFailure(EssentialLine(exception.what()), node.kind().toQualString(), run.Locate(node));
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

std::optional<int> Call::OnlyStatistic() const {
  std::optional<int> only;
  for (const at::Tensor& tensor : UnitTensors()) {
    const at::Tensor labels = run_.units.Resolved(run_.units.Find(tensor)->labels);
    if (labels.numel() == 0 || VariesAnywhere(labels)) return std::nullopt;
    const int label = labels.data_ptr<int>()[0];
    if (!IsStatistic(label) || !run_.units.StatisticOf(label).units.empty()) return std::nullopt;
    only = only.value_or(label);
  }
  return only;
}

TensorUnits Call::Everywhere(int label, const at::Tensor& tensor) {
  const at::Tensor labels = at::full({1}, label, at::TensorOptions().dtype(at::kInt));
  return {labels.expand(tensor.sizes()), {}, TensorUnits::NewOrigin(false)};
}

const TensorUnits& Call::View(const at::Tensor& tensor) const {
  const TensorUnits* units = run_.units.Find(tensor);
  if (units == nullptr) Unsupported("works on its arguments in a way that the graph reader cannot follow");
  return *units;
}

TensorUnits Call::Read(const at::Tensor& tensor) const {
  const TensorUnits& units = View(tensor);
  ++units.origin->readers;
  return units.Recomputed();
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
  return Kernel(std::move(arguments)).front().toTensor();
}

std::vector<at::Tensor> Call::result_list() const {
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& result : results_) {
    if (result.isTensor()) tensors.push_back(result.toTensor());
    if (result.isTensorList()) {
      for (const at::Tensor& tensor : result.toTensorVector()) tensors.push_back(tensor);
    }
  }
  return tensors;
}

CallSite Call::Site(const at::Tensor& weight) const {
  CallSite site(run_.callers.begin(), run_.callers.end());
  site.push_back(&node_);
  if (weight.defined()) site.push_back(Elements(weight).data_ptr());
  return site;
}

void Call::FollowAs(const torch::jit::Graph& graph, std::vector<c10::IValue> inputs) {
  const torch::jit::Node* const outer = run_.in_place_of;
  if (outer == nullptr) run_.in_place_of = &node_;
  run_.callers.push_back(&node_);
  c10::IValue result = run_.follow(graph, std::move(inputs));
  run_.callers.pop_back();
  run_.in_place_of = outer;
  std::vector<c10::IValue> followed = {result};
  if (result.isTuple()) followed.assign(result.toTupleRef().elements().begin(), result.toTupleRef().elements().end());
  if (results_.empty()) {
    results_ = std::move(followed);
    return;
  }
  for (size_t i = 0; i < std::min(followed.size(), results_.size()); ++i) {
    if (!followed[i].isTensor() || !results_[i].isTensor()) continue;
    if (const TensorUnits* units = run_.units.Find(followed[i].toTensor())) {
      SetUnits(results_[i].toTensor(), TensorUnits(*units));
    }
  }
}

void Call::SetUnits(const at::Tensor& tensor, TensorUnits units) {
  const bool was_there = std::any_of(arguments_.begin(), arguments_.end(), [&](const c10::IValue& argument) {
    return argument.isTensor() && argument.toTensor().is_same(tensor);
  });
  if (was_there) {
    run_.units.Overwrite(tensor, std::move(units));
  } else {
    run_.units.Set(tensor, std::move(units));
  }
}

void Call::NotHomogeneousIn(const at::Tensor& tensor) const {
  const TensorUnits* units = run_.units.Find(tensor);
  if (units == nullptr || units->labels.numel() == 0) return;
  const int label = units->labels.max().item<int>();
  if (IsUnit(label)) run_.units.AddInhomogeneous(Source(), label);
}

at::Tensor Call::Rows(const at::Tensor& sparse, bool transposed) const {
  try {
    return run_.parameters.Rows(sparse, transposed);
  } catch (const std::invalid_argument& wrong) {
    Unsupported("has sparse weights " + std::string(wrong.what()) + " in layer " + LayerName(sparse, "linear"));
  }
}

std::string Call::LayerName(const at::Tensor& weight, const std::string& operation) const {
  const std::string parameter = run_.parameters.NameOf(weight, location().layer);
  if (!parameter.empty()) {
    for (const std::string suffix : {".weight", "_weight"}) {
      const bool ends = parameter.size() > suffix.size() &&
                        parameter.compare(parameter.size() - suffix.size(), suffix.size(), suffix) == 0;
      if (ends) return parameter.substr(0, parameter.size() - suffix.size());
    }
    return parameter;
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
