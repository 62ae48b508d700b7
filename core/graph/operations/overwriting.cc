#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// Labels of a tensor, whether it carries units or not.
at::Tensor LabelsOf(Call& call, const at::Tensor& tensor) {
  const TensorUnits* units = call.tracker().Find(tensor);
  if (units != nullptr) return units->labels;
  return at::full({1}, kNoUnit, at::TensorOptions().dtype(at::kInt)).expand(tensor.sizes());
}

}  // namespace

void FollowCopyInto(Call& call) {
  const at::Tensor source = call.tensor("src");
  call.Execute();
  at::Tensor labels = LabelsOf(call, source);
  if (call.tracker().Find(source) != nullptr) labels = call.Read(source).labels;
  call.SetUnits({labels.expand(call.result().sizes()), {}, TensorUnits::NewOrigin(false)});
}

void FollowFill(Call& call) {
  call.Execute();
  at::Tensor labels = at::full({1}, kNoUnit, at::TensorOptions().dtype(at::kInt));
  if (call.CarriesUnits("value")) labels = call.Read(call.tensor("value")).labels;
  call.SetUnits({labels.expand(call.result().sizes()), {}, TensorUnits::NewOrigin(false)});
}

void FollowIndexPut(Call& call) {
  const at::Tensor before = call.tensor("self");
  const at::Tensor values = call.tensor(call.HasArgument("values") ? "values" : "src");
  const bool of_constants = call.tracker().Find(before) == nullptr && call.tracker().Find(values) == nullptr;
  if (of_constants && call.HasArgument("index") && call.CarriesUnits("index")) {
    // An order of sequences, turned round: what it says of the input is no unit's.
    call.Read(call.tensor("index"));
    call.Execute();
    const int order = call.tracker().AddStatistic({call.Source(), {}});
    return call.SetUnits(Call::Everywhere(order, call.result()));
  }
  RefuseUnitsIn(call, {"indices", "index"});
  const bool adds = call.HasArgument("accumulate") && call.argument("accumulate").toBool();
  if (adds) call.Unsupported("adds to elements that an index chooses, which the graph reader cannot follow");
  const at::Tensor labels = LabelsOf(call, before).clone(at::MemoryFormat::Contiguous);
  at::Tensor written = LabelsOf(call, values);
  if (call.tracker().Find(values) != nullptr) written = call.Read(values).labels;
  call.Execute();
  std::vector<c10::IValue> arguments = call.arguments();
  for (c10::IValue& argument : arguments) {
    if (!argument.isTensor()) continue;
    if (argument.toTensor().is_same(values)) argument = written.contiguous();
    if (argument.isTensor() && argument.toTensor().is_same(before)) argument = labels;
  }
  call.SetUnits({call.Kernel(std::move(arguments)).front().toTensor(), {}, TensorUnits::NewOrigin(false)});
}

}  // namespace modlab::reader
