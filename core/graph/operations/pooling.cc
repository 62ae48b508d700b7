#include <numeric>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// The units of a tensor whose elements along `axes` become one, those axes with size 1.
TensorUnits WithoutAxes(Call& call, const at::Tensor& input, const std::vector<int64_t>& axes) {
  const auto mixes = [&] {
    call.Unsupported("mixes units: its input of shape " + ShapeText(input.sizes()) +
                     " carries units along an axis that it reduces");
  };
  TensorUnits units = call.Read(input);
  for (const int64_t axis : axes) {
    const auto labels = call.tracker().WithoutAxis(units.labels, axis);
    if (!labels) mixes();
    units.labels = *labels;
    for (PendingScale& scale : units.scales) {
      const at::Tensor first = scale.values.narrow(axis, 0, 1);
      if (!first.expand(scale.values.sizes()).equal(scale.values)) {
        call.Unsupported("joins positions of a normalised tensor whose scales differ");
      }
      scale.values = first;
    }
  }
  return units;
}

void FollowPooling(Call& call, int64_t pooled_axes) {
  const at::Tensor input = call.UnitTensors().front();
  if (input.dim() <= pooled_axes) {
    call.Mismatch(call.Subject() + " expects more axes than its input of shape " + ShapeText(input.sizes()) + " has",
                  ShapeMismatch::Extent::kUnknown);
  }
  std::vector<int64_t> axes(pooled_axes);
  std::iota(axes.begin(), axes.end(), input.dim() - pooled_axes);
  const TensorUnits units = WithoutAxes(call, input, axes);
  call.Execute(ShapeMismatch::Extent::kTooSmall);
  call.tracker().Set(call.result(),
                     units.Moved([&](const at::Tensor& part) { return part.expand(call.result().sizes()); }));
}

}  // namespace

void FollowPooling1d(Call& call) { FollowPooling(call, 1); }
void FollowPooling2d(Call& call) { FollowPooling(call, 2); }
void FollowPooling3d(Call& call) { FollowPooling(call, 3); }

void FollowReduction(Call& call) {
  const at::Tensor input = call.tensor("self");
  std::vector<int64_t> axes;
  if (call.HasArgument("dim") && call.argument("dim").isIntList()) axes = call.argument("dim").toIntVector();
  if (axes.empty()) {
    axes.resize(input.dim());
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (int64_t& axis : axes) axis = FromFront(axis, input.dim());
  call.Execute();  // before the axes are used: it checks them
  TensorUnits units = WithoutAxes(call, input, axes);
  call.tracker().Set(call.result(),
                     units.Moved([&](const at::Tensor& part) { return part.reshape(call.result().sizes()); }));
}

}  // namespace modlab::reader
