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
  if (!call.shape_is_guess()) return;
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
  call.SetUnits(call.View(input).Moved([&](const at::Tensor& part) { return part.reshape(call.result().sizes()); }));
}

void FollowMovement(Call& call) {
  const at::Tensor input = call.tensor("self");
  if (call.tracker().Find(input) == nullptr) return FollowQuery(call);  // expand_as: the other's shape is used
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
  call.SetUnits(std::move(padded));
}

void FollowPadding(Call& call) {
  if (call.argument("mode").toStringRef() == "constant") return FollowConstantPadding(call);
  FollowMovementOfFloats(call);
}

void FollowMovementOfFloats(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.Execute(ShapeMismatch::Extent::kTooSmall);
  const TensorUnits units = call.Read(input);
  // Elements are copied, for which LibTorch has kernels in floating point only.
  call.SetUnits(
      units.Moved([&](const at::Tensor& part) { return call.ExecuteOn(part.to(at::kDouble)).to(part.scalar_type()); }));
}

void FollowParts(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.Execute();
  const TensorUnits& units = call.View(input);
  std::vector<TensorUnits> parts;
  const auto parts_of = [&](const at::Tensor& whole) {
    std::vector<c10::IValue> arguments = call.arguments();
    arguments.front() = whole;
    return call.Kernel(std::move(arguments)).front().toTensorVector();
  };
  for (const at::Tensor& labels : parts_of(units.labels)) parts.push_back({labels, {}, units.origin});
  for (const PendingScale& scale : units.scales) {
    const std::vector<at::Tensor> values = parts_of(scale.values);
    for (size_t i = 0; i < parts.size(); ++i) parts[i].scales.push_back({scale.norm, values[i]});
  }
  const std::vector<at::Tensor> results = call.result_list();
  for (size_t i = 0; i < results.size(); ++i) call.SetUnits(results[i], std::move(parts[i]));
}

void FollowConcatenation(Call& call) {
  const std::vector<at::Tensor> tensors = call.argument("tensors").toTensorVector();
  call.Execute();
  const auto joined = [&](const std::vector<at::Tensor>& parts) {
    std::vector<c10::IValue> arguments = call.arguments();
    arguments.front() = c10::IValue(parts);
    return call.Kernel(std::move(arguments)).front().toTensor();
  };
  std::vector<at::Tensor> labels;
  std::map<int, std::vector<at::Tensor>> scales;  // by norm: ones where a tensor does not have it
  bool is_input = true;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorUnits* units = call.tracker().Find(tensors[i]);
    if (units == nullptr) {
      labels.push_back(at::full({1}, kNoUnit, at::TensorOptions().dtype(at::kInt)).expand(tensors[i].sizes()));
      continue;
    }
    const TensorUnits read = call.Read(tensors[i]);
    is_input = is_input && read.origin->is_input;
    labels.push_back(call.tracker().Resolved(read.labels));
    for (const PendingScale& scale : read.scales) {
      auto& values = scales[scale.norm];
      for (size_t other = values.size(); other < tensors.size(); ++other) {
        values.push_back(at::ones({1}, at::kDouble).expand(tensors[other].sizes()));
      }
      values[i] = scale.values;
    }
  }
  TensorUnits units{call.tracker().Resolved(joined(labels)), {}, TensorUnits::NewOrigin(is_input)};
  for (const auto& [norm, values] : scales) units.scales.push_back({norm, joined(values)});
  call.SetUnits(std::move(units));
}

void FollowPixelShuffle(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.Execute();
  const TensorUnits units = call.Read(input);
  const at::Tensor labels = call.tracker().Resolved(units.labels);
  // The r * r channels that become one channel's positions become one unit.
  const int64_t channels = call.result().size(-3);
  const at::Tensor rows = labels.movedim(-3, 0).reshape({channels, -1}).contiguous();
  for (int64_t channel = 0; channel < channels; ++channel) {
    const int* row = rows.data_ptr<int>() + channel * rows.size(1);
    for (int64_t i = 1; i < rows.size(1); ++i) {
      if (IsUnit(row[0]) && IsUnit(row[i])) call.tracker().Merge(row[0], row[i]);
    }
  }
  call.SetUnits(TensorUnits{call.tracker().Resolved(call.ExecuteOn(labels)), {}, TensorUnits::NewOrigin(false)});
}

namespace {

/// Positions that the input's values choose: all of them must be the same unit's.
void FollowChoice(Call& call, const at::Tensor& input) {
  const int64_t axis = FromFront(call.argument("dim").toInt(), input.dim());
  call.Execute();
  TensorUnits units = call.Read(input);
  const auto labels = call.tracker().WithoutAxis(units.labels, axis);
  if (!labels) call.Unsupported("chooses among units by an index that depends on the input; that mixes them");
  units.labels = *labels;
  for (PendingScale& scale : units.scales) scale.values = scale.values.narrow(axis, 0, 1);
  call.SetUnits(units.Moved([&](const at::Tensor& part) { return part.expand(call.result().sizes()); }));
}

}  // namespace

void FollowIndexing(Call& call) {
  const at::Tensor input = call.tensor("self");
  const bool is_choice =
      call.HasArgument("index") && call.CarriesUnits("index") && call.tracker().Find(input) != nullptr;
  if (is_choice && call.name() == "aten::index_select") return FollowChoice(call, input);
  const bool chosen_by_units = call.UnitTensors().size() > 1 || call.tracker().Find(input) == nullptr ||
                               (call.HasArgument("indices") && call.tracker().Carries(call.argument("indices")));
  if (chosen_by_units && call.tracker().Find(input) == nullptr && !input.is_floating_point()) {
    // Of a table of numbers, lengths of sequences, say: what the input chooses is no unit's.
    call.Execute();
    const int choice = call.tracker().AddStatistic({call.Source(), {}});
    return call.SetUnits(Call::Everywhere(choice, call.result()));
  }
  if (chosen_by_units) {
    call.Unsupported("chooses elements by an index that depends on the input, which the graph reader cannot follow");
  }
  call.Execute();
  call.SetUnits(call.Read(input).Moved([&](const at::Tensor& part) { return call.ExecuteOn(part); }));
}

}  // namespace modlab::reader
