#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// The scale at each position of an axis; nullopt where it differs along other axes.
std::optional<std::vector<double>> ScaleAlong(const at::Tensor& scale, int64_t axis) {
  const at::Tensor rows = scale.movedim(axis, 0).reshape({scale.size(axis), -1});
  const at::Tensor first = rows.narrow(1, 0, 1);
  if (!first.expand(rows.sizes()).equal(rows)) return std::nullopt;
  const at::Tensor values = first.contiguous();
  return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
}

}  // namespace

WeightOperation ReadByWeights(Call& call, const at::Tensor& input, int64_t axis, const at::Tensor& weight, int groups,
                              const std::string& layer) {
  if (weight.scalar_type() != at::kFloat && weight.scalar_type() != at::kDouble) {
    call.Unsupported(std::string("has weights of type ") + c10::toString(weight.scalar_type()) + " in layer " + layer +
                     "; convert the model to float32");
  }
  if (weight.numel() == 0) call.Unsupported("has weights without elements in layer " + layer);
  const TensorUnits units = call.Read(input);
  auto sources = call.tracker().UnitsAlong(units.labels, axis);
  if (!sources) {
    call.Unsupported("mixes units: its input of shape " + ShapeText(input.sizes()) +
                     " carries units along other axes than axis " + std::to_string(axis) +
                     ", to which the weights of " + layer + " are applied; flatten or transpose before it");
  }
  WeightOperation operation{0, weight, groups, std::move(*sources), {}};
  for (const PendingScale& scale : units.scales) {
    auto values = ScaleAlong(scale.values, axis);
    if (!values)
      call.Unsupported("reads a normalised tensor whose scale varies along other axes than that of the weights");
    operation.scales.push_back({scale.norm, std::move(*values)});
  }
  return operation;
}

}  // namespace modlab::reader
