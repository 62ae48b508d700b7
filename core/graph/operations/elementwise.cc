#include <algorithm>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// A constant of shape [1, 3, 1, 1] would make three channels of an input's one: the guess of its shape was wrong.
void CheckBroadcast(Call& call, const at::Tensor& input) {
  const at::IntArrayRef sizes = call.result().sizes();
  const TensorUnits* units = call.tracker().Find(input);
  if (!call.shape_is_guess() || units == nullptr || !units->origin->is_input || input.sizes() == sizes) return;
  const int64_t axes = call.result().dim();
  int64_t axis = 1;
  while (axis < axes - 1 && input.dim() == axes && input.size(axis) == sizes[axis]) ++axis;
  call.Mismatch(call.Subject() + " works on a tensor of shape " + ShapeText(sizes) + ", but its input has the shape " +
                    ShapeText(input.sizes()),
                ShapeMismatch::Extent::kUnknown, ShapeMismatch::AxisSize{axis, sizes[axis], axes});
}

/// The result carries the units of these arguments, joined.
void JoinInto(Call& call, const std::vector<at::Tensor>& inputs, JoinKind kind) {
  const at::Tensor& result = call.result();
  TensorUnits joined =
      call.Read(inputs.front()).Moved([&](const at::Tensor& part) { return part.expand(result.sizes()); });
  for (size_t i = 1; i < inputs.size(); ++i) {
    // Not the expanded one: Join sees where one element meets several.
    const TensorUnits first = i == 1 ? call.View(inputs.front()).Recomputed() : joined;
    joined = Join(call, first, call.Read(inputs[i]), result.sizes(), kind);
  }
  call.SetUnits(std::move(joined));
}

void FollowJoin(Call& call, JoinKind kind) {
  const std::vector<at::Tensor> inputs = call.UnitTensors();
  call.Execute();
  if (inputs.empty()) {  // lists of tensors
    const auto& results = call.results();
    // `list + list`: the tensors are the same ones.
    if (std::all_of(results.begin(), results.end(), [](const c10::IValue& result) { return result.isList(); })) return;
    call.Unsupported("works on a list of tensors that carry units; the graph reader cannot follow that");
  }
  if (inputs.size() == 1) CheckBroadcast(call, inputs.front());
  JoinInto(call, inputs, kind);
}

}  // namespace

void FollowElementwise(Call& call) { FollowJoin(call, JoinKind::kSum); }

void FollowNonlinear(Call& call) {
  for (const at::Tensor& tensor : call.UnitTensors()) call.NotHomogeneousIn(tensor);
  FollowElementwise(call);
}

void FollowProduct(Call& call) {
  const at::Tensor self = call.tensor("self");
  const at::Tensor other = call.tensor("other");
  const bool first = call.tracker().Find(self) != nullptr;
  const bool both = first && call.tracker().Find(other) != nullptr;
  const bool quotient = call.name().rfind("aten::div", 0) == 0;
  const at::Tensor factor = first ? other : self;
  const bool scales =
      factor.defined() && factor.numel() > 1 && factor.is_floating_point() && call.fold_norms() && (first || !quotient);
  if (both) call.NotHomogeneousIn(self);
  if (both || !scales) return FollowJoin(call, JoinKind::kProduct);
  // A factor per unit is what the scale of a norm is, written out by hand.
  call.Execute();
  CheckBroadcast(call, first ? self : other);
  const at::Tensor scale = factor.to(at::kDouble);
  AddScale(call, first ? self : other, quotient ? scale.reciprocal() : scale);
}

void FollowMasking(Call& call) {
  // The mask decides, as attention weights do; units pass from what it lets through.
  std::vector<at::Tensor> inputs;
  for (const char* name : {"self", "other", "value"}) {
    if (call.CarriesUnits(name)) inputs.push_back(call.tensor(name));
  }
  call.Execute();
  if (!inputs.empty()) return JoinInto(call, inputs, JoinKind::kSum);
  const at::Tensor condition = call.UnitTensors().front();
  const int mask = call.tracker().AddStatistic({call.Source(), {}});
  call.Read(condition);
  call.SetUnits(Call::Everywhere(mask, call.result()));
}

void FollowIdentity(Call& call) {
  at::Tensor input;
  for (const char* name : {"data", "input", "self"}) {
    if (call.tensor(name).defined()) input = call.tensor(name);
  }
  call.Execute();
  if (const TensorUnits* units = call.tracker().Find(input)) call.SetUnits(TensorUnits(*units));
}

void FollowDropout(Call& call) {
  if (call.argument("train").toBool()) return FollowElementwise(call);
  FollowIdentity(call);
}

void FollowGatedLinearUnit(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.NotHomogeneousIn(input);
  call.Execute();
  const int64_t axis = FromFront(call.argument("dim").toInt(), input.dim());
  const TensorUnits units = call.Read(input);
  const int64_t half = input.size(axis) / 2;
  const auto part = [&](int64_t start) {
    return units.Moved([&](const at::Tensor& all) { return all.narrow(axis, start, half); });
  };
  call.SetUnits(Join(call, part(0), part(half), call.result().sizes(), JoinKind::kProduct));
}

}  // namespace modlab::reader
