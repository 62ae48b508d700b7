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

/// Whether the units lie along other axes than the channels': a kernel of one element then mixes positions, as a layer
/// along an axis of tokens does.
bool MixesPositions(Call& call, TensorUnits& units, int64_t axis, const at::Tensor& kernel) {
  if (units.origin->is_input) return false;  // whose elements along other axes are one unit where a layer reads them
  units.labels = call.tracker().Resolved(units.labels);
  const bool is_pointwise = kernel.numel() == kernel.size(0) * kernel.size(1);
  return is_pointwise && !Varies(units.labels, axis) && VariesAnywhere(units.labels);
}

}  // namespace

void FollowConvolution(Call& call) {
  RefuseUnitsIn(call, {"weight", "bias"});
  const at::Tensor kernel = call.tensor("weight");
  const at::Tensor input = call.tensor("input");
  const bool transposed = call.name().find("conv_transpose") != std::string::npos ||
                          (call.HasArgument("transposed") && call.argument("transposed").toBool());
  const int64_t groups = call.argument("groups").toInt();
  const std::string kind = "conv" + std::to_string(SpatialAxes(kernel)) + "d";
  const std::string name = call.LayerName(kernel, kind);
  CheckShape(call, input, kernel, transposed ? kernel.size(0) : kernel.size(1) * groups, name);
  call.Execute(ShapeMismatch::Extent::kTooSmall);

  constexpr int64_t axis = 1;
  TensorUnits units = call.Read(input);
  if (MixesPositions(call, units, axis, kernel)) {
    call.tracker().Warn("layer " + name + " mixes positions, not units: it has no edges");
    units.labels = units.labels.narrow(axis, 0, 1);
    units.scales.clear();
    return call.SetUnits(units.Moved([&](const at::Tensor& part) { return part.expand(call.result().sizes()); }));
  }
  // Transposed kernels are [in][out / groups][...].
  at::Tensor weight = kernel;
  if (transposed) {
    std::vector<int64_t> shape = kernel.sizes().vec();
    shape[0] /= groups;
    shape.insert(shape.begin(), groups);
    weight = kernel.view(shape).transpose(1, 2).flatten(0, 1);
  }
  const std::string operation = transposed ? "conv_transpose" + std::to_string(SpatialAxes(kernel)) + "d" : kind;
  const int range = AddLayer(call, {name, operation, weight, static_cast<int>(groups)}, units, axis);
  call.SetUnits(WrittenUnits(call, range, call.result().sizes(), axis));
}

}  // namespace modlab::reader
