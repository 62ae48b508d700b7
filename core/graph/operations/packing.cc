#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// The units at the positions of a sequence's last axis, for a tensor of another number of steps.
TensorUnits AlongFeatures(Call& call, const at::Tensor& input, const at::Tensor& result) {
  const TensorUnits units = call.Read(input);
  const auto features = call.tracker().UnitsAlong(units.labels, units.labels.dim() - 1);
  if (!features) {
    call.Unsupported("packs sequences of shape " + ShapeText(input.sizes()) +
                     " that carry units along other axes than the last");
  }
  const at::Tensor labels = at::tensor(*features, at::TensorOptions().dtype(at::kInt));
  // Scales of norms along the steps would be lost; those along the features are not.
  TensorUnits packed{labels.expand(result.sizes()), {}, TensorUnits::NewOrigin(units.origin->is_input)};
  for (const PendingScale& scale : units.scales) {
    at::Tensor values = scale.values;
    while (values.dim() > 1) values = values.select(0, 0);
    packed.scales.push_back({scale.norm, values.expand(result.sizes())});
  }
  return packed;
}

}  // namespace

void FollowPacking(Call& call) {
  const at::Tensor input = call.tensor(call.HasArgument("data") ? "data" : "input");
  call.Execute();
  // The second result, sizes of batches or lengths, is no unit's.
  if (call.tracker().Find(input) != nullptr) call.SetUnits(AlongFeatures(call, input, call.result()));
}

}  // namespace modlab::reader
