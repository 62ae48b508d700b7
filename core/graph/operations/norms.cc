#include <cmath>

#include "core/error.h"
#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// gamma / sqrt(var + eps) per channel, in double. Without running statistics the norm divides by the batch's own,
/// which belong to no weights: gamma is left.
at::Tensor ChannelScale(Call& call, int64_t channels) {
  const at::Tensor gamma = call.tensor("weight");
  at::Tensor scale = gamma.defined() ? gamma.to(at::kDouble) : at::ones({channels}, at::kDouble);
  const at::Tensor variance = call.tensor("running_var");
  if (variance.defined() && !call.argument("training").toBool()) {
    scale = scale / at::sqrt(variance.to(at::kDouble) + call.argument("eps").toDouble());
  } else {
    const std::string layer = call.location().layer;
    call.tracker().Warn("batch norm" + (layer.empty() ? "" : " " + layer) +
                        " uses the statistics of its batch: only its gamma is folded into the weights");
  }
  return scale;
}

/// The scale of each unit of the range that a weight operation has written into a tensor; nullopt where none has, or a
/// unit would have several. Where only its signs differ, a unit's scale is positive.
std::optional<std::vector<double>> TargetScale(Call& call, const TensorUnits& input, const at::Tensor& scale) {
  if (input.origin->written_range < 0) return std::nullopt;
  const UnitRange& range = call.tracker().ranges()[input.origin->written_range];
  at::Tensor labels = input.labels;
  at::Tensor values = scale;
  NarrowWhereBothRepeat(&labels, &values);
  labels = labels.contiguous();
  values = values.contiguous();
  std::vector<std::optional<double>> by_unit(range.count);
  bool signs_differ = false;
  for (int64_t i = 0; i < labels.numel(); ++i) {
    const int unit = labels.data_ptr<int>()[i] - range.first;
    if (unit < 0 || unit >= range.count) return std::nullopt;
    const double value = values.data_ptr<double>()[i];
    if (!by_unit[unit]) by_unit[unit] = value;
    if (*by_unit[unit] == value) continue;
    if (std::abs(*by_unit[unit]) != std::abs(value)) return std::nullopt;
    by_unit[unit] = std::abs(value);
    signs_differ = true;
  }
  if (signs_differ) WarnOfSigns(call);
  std::vector<double> scales;
  scales.reserve(by_unit.size());
  for (const std::optional<double>& value : by_unit) scales.push_back(value.value_or(1));
  return scales;
}

}  // namespace

void WarnOfSigns(Call& call) {
  call.tracker().Warn(call.Source() +
                      ": elements of one unit are scaled by values of either sign; the signed modularity takes the "
                      "scale as positive");
}

void AddScale(Call& call, const at::Tensor& input, const at::Tensor& scale) {
  const at::Tensor& result = call.result();
  const TensorUnits& view = call.View(input);
  const at::Tensor finite = at::isfinite(scale).flatten().to(at::kInt);
  if (finite.min().item<int>() == 0) {
    const std::string index = "[" + std::to_string(finite.argmin().item<int64_t>()) + "]";
    throw Error(ErrorKind::kWeightsNotFinite,
                "scale " + index + " of " + call.name() + call.location().Phrase() +
                    " is NaN or infinite, so the network has no graph; train it again, or start from an earlier state",
                {{"layer", call.location().layer}, {"index", index}});
  }
  const at::Tensor full = scale.expand(result.sizes());
  std::optional<std::vector<double>> target_scale;
  if (view.labels.sizes() == result.sizes()) target_scale = TargetScale(call, view, full);
  Norm added{{view.origin}, -1, {}};
  if (target_scale) {
    added.target_range = view.origin->written_range;
    added.target_scale = std::move(*target_scale);
  }
  const int norm = call.tracker().AddNorm(std::move(added), call.Site({}));
  TensorUnits units = call.Read(input).Moved([&](const at::Tensor& part) { return part.expand(result.sizes()); });
  units.scales.push_back({norm, full});
  call.SetUnits(std::move(units));
}

namespace {

/// Executes a norm whose statistics come from its input. They are no weights: only gamma is a scale, `shape` its shape
/// against the input's.
void FollowOwnStatistics(Call& call, const at::Tensor& input, const std::vector<int64_t>& shape) {
  RefuseUnitsIn(call, {"weight", "bias"});
  call.NotHomogeneousIn(input);
  const at::Tensor gamma = call.tensor("weight");
  if (!gamma.defined() || !call.fold_norms()) return call.SetUnits(call.Read(input));
  AddScale(call, input, gamma.to(at::kDouble).view(shape));
}

}  // namespace

void FollowLayerNorm(Call& call) {
  const at::Tensor input = call.tensor("input");
  const std::vector<int64_t> normalized = call.argument("normalized_shape").toIntVector();
  const auto axes = static_cast<int64_t>(normalized.size());
  const auto mismatch = [&] {
    // The last axis that does not fit is the one that a search can mend.
    for (int64_t axis = 1; axis <= axes; ++axis) {
      const int64_t needed = normalized[axes - axis];
      if (input.dim() >= axis && input.size(-axis) == needed) continue;
      const bool small = input.dim() < axis || input.size(-axis) < needed;
      call.Mismatch(call.Subject() + " expects " + ShapeText(normalized) +
                        " at the end of its input's shape, which is " + ShapeText(input.sizes()),
                    small ? ShapeMismatch::Extent::kTooSmall : ShapeMismatch::Extent::kTooLarge,
                    ShapeMismatch::AxisSize{-axis, needed, 0});
    }
  };
  mismatch();
  call.Execute();
  FollowOwnStatistics(call, input, normalized);
}

void FollowGroupNorm(Call& call) {
  const at::Tensor input = call.tensor("input");
  const at::Tensor gamma = call.tensor("weight");
  if (gamma.defined() && (input.dim() < 2 || input.size(1) != gamma.numel())) {
    call.Mismatch(call.Subject() + " expects " + std::to_string(gamma.numel()) +
                      " channels, but its input has the shape " + ShapeText(input.sizes()),
                  ShapeMismatch::Extent::kUnknown, ShapeMismatch::AxisSize{1, gamma.numel(), 0});
  }
  call.Execute();
  std::vector<int64_t> shape(input.dim(), 1);
  if (input.dim() > 1) shape[1] = input.size(1);
  FollowOwnStatistics(call, input, shape);
}

void FollowBatchNorm(Call& call) {
  const at::Tensor input = call.tensor("input");
  const at::Tensor parameter = call.tensor(call.tensor("weight").defined() ? "weight" : "running_mean");
  if (parameter.defined() && (input.dim() < 2 || input.size(1) != parameter.numel())) {
    // After a flatten, channels are features, and their number tells the size of the feature maps.
    const bool smaller = input.dim() == 2 && input.size(1) < parameter.numel();
    const auto larger = input.dim() == 2 ? ShapeMismatch::Extent::kTooLarge : ShapeMismatch::Extent::kUnknown;
    call.Mismatch(call.Subject() + " expects " + std::to_string(parameter.numel()) +
                      " channels, but its input has the shape " + ShapeText(input.sizes()),
                  smaller ? ShapeMismatch::Extent::kTooSmall : larger,
                  ShapeMismatch::AxisSize{1, parameter.numel(), 0});
  }
  RefuseUnitsIn(call, {"weight", "bias", "running_mean", "running_var"});
  call.Execute();
  if (!call.fold_norms()) return call.SetUnits(call.Read(input));
  std::vector<int64_t> shape(input.dim(), 1);
  shape[1] = input.size(1);
  AddScale(call, input, ChannelScale(call, input.size(1)).view(shape));
}

}  // namespace modlab::reader
