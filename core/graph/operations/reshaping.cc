#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// A view with fixed sizes, `view(-1, 400)`, tells how many elements its input should have.
void CheckElements(const Call& call, const at::Tensor& input) {
  const char* name = call.HasArgument("shape") ? "shape" : "size";
  if (!call.HasArgument(name) || !call.argument(name).isIntList()) return;
  const std::vector<int64_t> shape = call.argument(name).toIntVector();
  int64_t fixed = 1;
  bool inferred = false;
  for (const int64_t size : shape) {
    inferred = inferred || size == -1;
    if (size >= 0) fixed *= size;
  }
  if (fixed == 0 || (inferred ? input.numel() % fixed == 0 : input.numel() == fixed)) return;
  call.Mismatch(call.Subject() + " cannot give the shape " + ShapeText(shape) + " to an input of shape " +
                    ShapeText(input.sizes()),
                input.numel() < fixed ? ShapeMismatch::Extent::kTooSmall : ShapeMismatch::Extent::kTooLarge,
                ShapeMismatch::AxisSize{-1, fixed, 0});
}

/// `view(-1, 400)` on a sample of 800 elements succeeds, but takes one sample for two: channels would become samples.
void CheckBatch(Call& call, const at::Tensor& input) {
  const at::Tensor& result = call.result();
  if (input.dim() < 2 || result.dim() == 0 || result.size(0) <= input.size(0)) return;
  const TensorUnits& units = call.View(input);
  if (units.origin->is_input) return;
  const at::Tensor labels = units.labels.reshape(result.sizes());
  if (labels.narrow(0, 0, 1).expand(labels.sizes()).equal(labels)) return;
  call.Mismatch(call.Subject() + " makes " + std::to_string(result.size(0)) + " samples of shape " +
                    ShapeText(result.sizes().slice(1)) + " from an input of shape " + ShapeText(input.sizes()),
                ShapeMismatch::Extent::kTooLarge);
}

}  // namespace

void FollowReshape(Call& call) {
  const at::Tensor input = call.tensor("self");
  if (call.tracker().Find(input) == nullptr) return FollowQuery(call);  // view_as: the other's shape is used
  CheckElements(call, input);
  call.Execute();
  CheckBatch(call, input);
  // Not the operation itself: labels are seldom contiguous where their tensor is.
  call.tracker().Set(call.result(), call.View(input).Moved(
                                        [&](const at::Tensor& part) { return part.reshape(call.result().sizes()); }));
}

void FollowMovement(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.Execute();
  // On an alias: labels are shared, and the operation may be one that changes its argument's shape in place.
  call.tracker().Set(call.result(),
                     call.View(input).Moved([&](const at::Tensor& part) { return call.ExecuteOn(part.detach()); }));
}

void FollowConstantPadding(Call& call) {
  const at::Tensor input = call.tensor("self");
  const std::vector<int64_t> sizes = call.argument("pad").toIntVector();
  call.Execute();
  const TensorUnits units = call.Read(input);
  TensorUnits padded{at::constant_pad_nd(units.labels, sizes, kNoUnit), {}, units.origin};
  for (const PendingScale& scale : units.scales) {
    padded.scales.push_back({scale.norm, at::constant_pad_nd(scale.values, sizes, 1)});
  }
  call.tracker().Set(call.result(), std::move(padded));
}

void FollowPadding(Call& call) {
  if (call.argument("mode").toStringRef() == "constant") return FollowConstantPadding(call);
  FollowCopyingPadding(call);
}

void FollowCopyingPadding(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.Execute(ShapeMismatch::Extent::kTooSmall);
  const TensorUnits units = call.Read(input);
  // Elements are copied, for which LibTorch has kernels in floating point only.
  call.tracker().Set(call.result(), units.Moved([&](const at::Tensor& part) {
    return call.ExecuteOn(part.to(at::kDouble)).to(part.scalar_type());
  }));
}

}  // namespace modlab::reader
