#include <algorithm>
#include <numeric>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// The units of a tensor whose elements along `axes` become one, those axes with size 1. nullopt where several units
/// would become one.
std::optional<TensorUnits> WithoutAxes(Call& call, const at::Tensor& input, const std::vector<int64_t>& axes) {
  TensorUnits units = call.Read(input);
  units.labels = call.tracker().Resolved(units.labels);
  for (const int64_t axis : axes) {
    const auto labels = call.tracker().WithoutAxis(units.labels, axis);
    if (!labels) return std::nullopt;
    units.labels = *labels;
    for (PendingScale& scale : units.scales) {
      const auto differ = [&] { return !scale.values.narrow(axis, 0, 1).expand_as(scale.values).equal(scale.values); };
      if (differ()) {
        scale.values = scale.values.abs();
        if (differ()) call.Unsupported("joins positions of a normalised tensor whose scales differ");
        WarnOfSigns(call);
      }
      scale.values = scale.values.narrow(axis, 0, 1);
    }
  }
  return units;
}

[[noreturn]] void RefuseMixing(const Call& call, const at::Tensor& input) {
  call.Unsupported("mixes units: its input of shape " + ShapeText(input.sizes()) +
                   " carries units along an axis that it works along");
}

/// The last `count` axes become others of any size.
void FollowPositions(Call& call, int64_t count, ShapeMismatch::Extent extent_if_it_fails) {
  const at::Tensor input = call.UnitTensors().front();
  if (input.dim() <= count) {
    call.Mismatch(call.Subject() + " expects more axes than its input of shape " + ShapeText(input.sizes()) + " has",
                  ShapeMismatch::Extent::kUnknown);
  }
  call.Execute(extent_if_it_fails);
  std::vector<int64_t> axes(count);
  std::iota(axes.begin(), axes.end(), input.dim() - count);
  const auto units = WithoutAxes(call, input, axes);
  if (!units) RefuseMixing(call, input);
  for (const at::Tensor& result : call.result_list()) {  // the values, and where they were found
    call.SetUnits(result, units->Moved([&](const at::Tensor& part) { return part.expand(result.sizes()); }));
  }
}

/// All units that occur in labels, ascending.
std::vector<int> UnitsIn(const at::Tensor& labels) {
  const at::Tensor flat = labels.contiguous();
  std::vector<int> units(flat.data_ptr<int>(), flat.data_ptr<int>() + flat.numel());
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  units.erase(units.begin(), std::lower_bound(units.begin(), units.end(), 0));
  return units;
}

/// What is computed from several units, along axes of theirs, belongs to none.
int AsStatistic(Call& call, const at::Tensor& input) {
  return call.tracker().AddStatistic({call.Source(), UnitsIn(call.tracker().Resolved(call.Read(input).labels))});
}

}  // namespace

void FollowPooling1d(Call& call) { FollowPositions(call, 1, ShapeMismatch::Extent::kTooSmall); }
void FollowPooling2d(Call& call) { FollowPositions(call, 2, ShapeMismatch::Extent::kTooSmall); }
void FollowPooling3d(Call& call) { FollowPositions(call, 3, ShapeMismatch::Extent::kTooSmall); }

void FollowUpsampling(Call& call) {
  FollowPositions(call, call.UnitTensors().front().dim() - 2, ShapeMismatch::Extent::kUnknown);
}

void FollowReduction(Call& call) {
  if (call.HasArgument("other")) return FollowElementwise(call);  // max(self, other)
  const at::Tensor input = call.tensor(call.HasArgument("self") ? "self" : "x");
  std::vector<int64_t> axes;
  if (call.HasArgument("dim") && call.argument("dim").isIntList()) axes = call.argument("dim").toIntVector();
  if (call.HasArgument("dim") && call.argument("dim").isInt()) axes = {call.argument("dim").toInt()};
  if (axes.empty()) {
    axes.resize(input.dim());
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (int64_t& axis : axes) axis = FromFront(axis, input.dim());
  for (const char* power : {"prod", "var", "logsumexp", "arg", "all", "any"}) {
    if (call.name().find(power) != std::string::npos) call.NotHomogeneousIn(input);
  }
  call.Execute();  // before the axes are used: it checks them
  // An input's elements are units of their own until something reads them as one. What is computed to be subtracted
  // from them, or over all of them, does not.
  const bool keeps_axes = call.HasArgument("keepdim") && call.argument("keepdim").toBool();
  const bool over_all = static_cast<int64_t>(axes.size()) >= input.dim() - 1 && input.dim() > 0;
  const bool is_of_input = call.View(input).origin->is_input && (keeps_axes || over_all);
  std::optional<TensorUnits> units;
  if (!is_of_input) units = WithoutAxes(call, input, axes);
  const int statistic = units ? kNoUnit : AsStatistic(call, input);
  for (const at::Tensor& result : call.result_list()) {
    call.SetUnits(result, units ? units->Moved([&](const at::Tensor& part) { return part.reshape(result.sizes()); })
                                : Call::Everywhere(statistic, result));
  }
}

void FollowCumulation(Call& call) {
  const at::Tensor input = call.tensor("self");
  call.Execute();
  const int64_t axis = call.HasArgument("dim") && call.argument("dim").isInt() ? call.argument("dim").toInt() : -1;
  const auto units = WithoutAxes(call, input, {FromFront(axis, input.dim())});
  if (!units) RefuseMixing(call, input);
  for (const at::Tensor& result : call.result_list()) {
    call.SetUnits(result, units->Moved([&](const at::Tensor& part) { return part.expand(result.sizes()); }));
  }
}

}  // namespace modlab::reader
