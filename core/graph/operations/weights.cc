#include <algorithm>
#include <limits>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// The scale of the units at each position of an axis; nullopt where it differs along other axes. Constants have none.
std::optional<std::vector<double>> ScaleAlong(at::Tensor scale, const at::Tensor& input_labels, int64_t axis) {
  at::Tensor labels = input_labels.expand(scale.sizes());
  NarrowWhereBothRepeat(&scale, &labels, axis);
  const auto rows = [&](const at::Tensor& all) { return all.movedim(axis, 0).reshape({all.size(axis), -1}); };
  const at::Tensor scales = rows(scale);
  at::Tensor values = scales.narrow(1, 0, 1).contiguous();
  if (!values.expand(scales.sizes()).equal(scales)) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const at::Tensor constants = rows(labels).eq(kNoUnit);
    values = scales.masked_fill(constants, infinity).amin(1);
    const at::Tensor largest = scales.masked_fill(constants, -infinity).amax(1);
    if (at::any(values.lt(largest)).item<bool>()) return std::nullopt;
    values.masked_fill_(values.isinf(), 1);
  }
  return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
}

}  // namespace

void RefuseStatistics(const Call& call, const at::Tensor& labels) {
  const at::Tensor flat = labels.contiguous();
  const int* data = flat.data_ptr<int>();
  const int* found = std::find_if(data, data + flat.numel(), IsStatistic);
  if (found == data + flat.numel()) return;
  call.Unsupported("reads what " + call.tracker().StatisticOf(*found).source +
                   " computed from several units; that mixes units in a way that the graph has no edges for");
}

void RefuseUnitsIn(const Call& call, std::initializer_list<const char*> arguments) {
  for (const char* argument : arguments) {
    if (!call.HasArgument(argument)) continue;
    if (call.tracker().Carries(call.argument(argument))) {
      call.Unsupported("has a " + std::string(argument) +
                       " that depends on the input, which the graph reader cannot follow");
    }
  }
}

void AddWeights(Call& call, const Layer& layer, int range, const TensorUnits& input, int64_t axis) {
  const at::Tensor& weight = layer.weight;
  if (weight.scalar_type() != at::kFloat && weight.scalar_type() != at::kDouble) {
    call.Unsupported(std::string("has weights of type ") + c10::toString(weight.scalar_type()) + " in layer " +
                     layer.name + "; convert the model to float32");
  }
  if (weight.numel() == 0) call.Unsupported("has weights without elements in layer " + layer.name);
  auto sources = call.tracker().UnitsAlong(input.labels, axis);
  if (!sources) {
    call.Unsupported("mixes units: its input of shape " + ShapeText(input.labels.sizes()) +
                     " carries units along other axes than axis " + std::to_string(axis) +
                     ", to which the weights of " + layer.name + " are applied; flatten or transpose before it");
  }
  WeightOperation operation{layer.name, range, weight, layer.groups, std::move(*sources), {}};
  for (const PendingScale& scale : input.scales) {
    auto values = ScaleAlong(scale.values, input.labels, axis);
    if (!values) {
      values = ScaleAlong(scale.values.abs(), input.labels, axis);
      if (values) WarnOfSigns(call);
    }
    if (!values) {
      call.Unsupported("reads a normalised tensor whose scale varies along other axes than that of the weights");
    }
    operation.scales.push_back({scale.norm, std::move(*values)});
  }
  call.tracker().AddWeightOperation(std::move(operation));
}

int AddLayer(Call& call, const Layer& layer, const TensorUnits& input, int64_t axis) {
  RefuseStatistics(call, input.labels);
  const UnitRange range{layer.name, layer.operation, 0, static_cast<int>(layer.weight.size(0))};
  const int index = call.tracker().AddRange(range, call.Site(layer.weight));
  AddWeights(call, layer, index, input, axis);
  return index;
}

TensorUnits WrittenUnits(Call& call, int range, at::IntArrayRef shape, int64_t axis) {
  std::vector<int64_t> along(shape.size(), 1);
  if (!along.empty()) along[axis] = shape[axis];
  const at::Tensor labels = call.tracker().RangeLabels(range).view(along).expand(shape);
  auto origin = TensorUnits::NewOrigin(false);
  origin->written_range = range;
  return {labels, {}, std::move(origin)};
}

}  // namespace modlab::reader
