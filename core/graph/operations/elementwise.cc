#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// Whether two tensors carry the same units with the same scales, element by element of `shape`.
bool SameUnits(const TensorUnits& a, const TensorUnits& b, at::IntArrayRef shape) {
  const auto same = [&](const at::Tensor& x, const at::Tensor& y) { return x.expand(shape).equal(y.expand(shape)); };
  if (!same(a.labels, b.labels) || a.scales.size() != b.scales.size()) return false;
  for (size_t i = 0; i < a.scales.size(); ++i) {
    if (a.scales[i].norm != b.scales[i].norm || !same(a.scales[i].values, b.scales[i].values)) return false;
  }
  return true;
}

/// A constant of shape [1, 3, 1, 1] would make three channels of an input's one: the guess of its shape was wrong.
void CheckBroadcast(Call& call, const at::Tensor& input) {
  const at::IntArrayRef sizes = call.result().sizes();
  if (!call.shape_is_guess() || !call.View(input).origin->is_input || input.sizes() == sizes) return;
  const int64_t axes = call.result().dim();
  int64_t axis = 1;
  while (axis < axes - 1 && input.dim() == axes && input.size(axis) == sizes[axis]) ++axis;
  call.Mismatch(call.Subject() + " works on a tensor of shape " + ShapeText(sizes) + ", but its input has the shape " +
                    ShapeText(input.sizes()),
                ShapeMismatch::Extent::kUnknown, ShapeMismatch::AxisSize{axis, sizes[axis], axes});
}

}  // namespace

void FollowElementwise(Call& call) {
  const std::vector<at::Tensor> inputs = call.UnitTensors();
  std::vector<TensorUnits> units;
  units.reserve(inputs.size());
  for (const at::Tensor& input : inputs) units.push_back(call.Read(input));
  if (units.empty())
    call.Unsupported("works on a list of tensors that carry units; the graph reader cannot follow that");
  call.Execute();
  const at::Tensor& result = call.result();
  if (inputs.size() == 1) CheckBroadcast(call, inputs.front());
  for (const TensorUnits& other : units) {
    if (!SameUnits(units.front(), other, result.sizes())) {
      call.Unsupported(
          "joins two tensors that carry different units; the graph reader follows chains of layers only, not branches "
          "yet");
    }
  }
  call.tracker().Set(result, units.front().Moved([&](const at::Tensor& part) { return part.expand(result.sizes()); }));
}

void FollowProduct(Call& call) {
  const at::Tensor self = call.tensor("self");
  const at::Tensor other = call.tensor("other");
  const bool first = call.tracker().Find(self) != nullptr;
  const bool both = first && call.tracker().Find(other) != nullptr;
  const bool quotient = call.name().rfind("aten::div", 0) == 0;
  const at::Tensor factor = first ? other : self;
  const bool scales = factor.defined() && factor.numel() > 1 && call.fold_norms() && (first || !quotient);
  if (both || !scales) return FollowElementwise(call);
  // A factor per unit is what the scale of a norm is, written out by hand.
  call.Execute();
  CheckBroadcast(call, first ? self : other);
  const at::Tensor magnitude = factor.to(at::kDouble).abs();
  AddScale(call, first ? self : other, quotient ? magnitude.reciprocal() : magnitude);
}

void FollowIdentity(Call& call) {
  const at::Tensor input = call.tensor("self").defined() ? call.tensor("self") : call.tensor("input");
  call.Execute();
  if (const TensorUnits* units = call.tracker().Find(input)) call.tracker().Set(call.result(), *units);
}

void FollowDropout(Call& call) {
  if (call.argument("train").toBool()) return FollowElementwise(call);
  FollowIdentity(call);
}

}  // namespace modlab::reader
