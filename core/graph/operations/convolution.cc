#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// Convolutions of n axes have kernels of n + 2.
int64_t SpatialAxes(const at::Tensor& weight) { return weight.dim() - 2; }

void CheckShape(const Call& call, const at::Tensor& input, const at::Tensor& weight, int64_t channels,
                const std::string& name) {
  const int64_t axes = weight.dim();
  const bool right_axes = input.dim() == axes;
  if (right_axes && input.size(1) == channels) return;
  const std::string found = right_axes ? std::to_string(input.size(1)) + " channels" : "another number of axes";
  call.Mismatch("layer " + name + " expects an input of " + std::to_string(axes) + " axes (batch, " +
                    std::to_string(channels) + " channels, positions), but its input of shape " +
                    ShapeText(input.sizes()) + " has " + found,
                ShapeMismatch::Extent::kUnknown, ShapeMismatch::AxisSize{1, channels, axes});
}

}  // namespace

void FollowConvolution(Call& call) {
  if (call.HasArgument("transposed") && call.argument("transposed").toBool()) {
    call.Unsupported("is a transposed convolution, which the graph reader cannot follow yet");
  }
  const at::Tensor weight = call.tensor("weight");
  if (call.CarriesUnits("weight") || call.CarriesUnits("bias")) {
    call.Unsupported("has a kernel or bias that depends on the input, which the graph reader cannot follow");
  }
  const at::Tensor input = call.tensor("input");
  const int groups = static_cast<int>(call.argument("groups").toInt());
  const std::string kind = "conv" + std::to_string(SpatialAxes(weight)) + "d";
  const std::string name = call.LayerName(weight, kind);
  CheckShape(call, input, weight, weight.size(1) * groups, name);

  WeightOperation operation = ReadByWeights(call, input, 1, weight, groups, name);
  call.Execute(ShapeMismatch::Extent::kTooSmall);
  call.tracker().AddWeightOperation(std::move(operation), {name, kind, 0, static_cast<int>(weight.size(0))},
                                    call.result(), 1);
}

}  // namespace modlab::reader
