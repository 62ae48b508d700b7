#include <algorithm>
#include <limits>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

bool CarriesUnits(const at::Tensor& labels) { return at::any(labels.ge(0)).item<bool>(); }

/// Labels with axes of size 1 added in front.
at::Tensor WithAxes(const at::Tensor& labels, int64_t axes) {
  std::vector<int64_t> shape(axes, 1);
  std::copy(labels.sizes().begin(), labels.sizes().end(), shape.end() - labels.dim());
  return labels.view(shape);
}

/// The first axis along which one element of `few` meets several units of `many`; -1 where there is none.
int64_t SpreadAxis(const at::Tensor& few, const at::Tensor& many) {
  for (int64_t axis = 0; axis < few.dim(); ++axis) {
    if (few.size(axis) == 1 && HasSeveralAlong(many, axis)) return axis;
  }
  return -1;
}

/// A tensor of a whole layer's factor: it belongs to no unit of that layer.
at::Tensor AsGate(Call& call, const at::Tensor& labels) {
  const int gate = call.tracker().AddStatistic({call.Source(), {}});
  call.tracker().Warn(call.Source() +
                      " multiplies several units by one: that one has no edges to what reads the product");
  return at::where(labels.ge(0), at::full_like(labels, gate), labels);
}

class Joiner {
 public:
  /// `first_scaled`: what the first tensor holds is units, so that a statistic in the second only scales it.
  Joiner(Call& call, JoinKind kind, bool first_scaled, bool second_scaled)
      : call_(call), kind_(kind), first_scaled_(first_scaled), second_scaled_(second_scaled) {}

  int Join(int a, int b) {
    // A constant among units, such as a class token, stays one under a gate of them all.
    if (b == kNoUnit) return second_scaled_ && IsStatistic(a) ? kNoUnit : a;
    if (a == kNoUnit) return first_scaled_ && IsStatistic(b) ? kNoUnit : b;
    if (a == b) return a;
    if (IsUnit(a) && IsUnit(b)) {
      call_.tracker().Merge(a, b);
      return a;
    }
    if (IsStatistic(a) && IsStatistic(b)) return Both(a, b);
    return IsStatistic(a) ? Applied(a, b) : Applied(b, a);
  }

 private:
  int Applied(int statistic, int unit) {
    if (kind_ == JoinKind::kProduct) return unit;
    const std::vector<int>& units = call_.tracker().StatisticOf(statistic).units;
    const auto is_same = [&](int other) {
      return call_.tracker().Representative(other) == call_.tracker().Representative(unit);
    };
    const bool known = std::binary_search(units.begin(), units.end(), unit);
    if (!known && std::none_of(units.begin(), units.end(), is_same)) {
      call_.Unsupported("adds what " + call_.tracker().StatisticOf(statistic).source +
                        " computed from several units to another one; that mixes units in a way that the graph has no "
                        "edges for");
    }
    return unit;
  }

  int Both(int a, int b) {
    const auto [known, is_new] = both_.try_emplace(std::minmax(a, b), 0);
    if (is_new) {
      Statistic joined = call_.tracker().StatisticOf(a);
      const std::vector<int>& other = call_.tracker().StatisticOf(b).units;
      std::vector<int> units;
      std::set_union(joined.units.begin(), joined.units.end(), other.begin(), other.end(), std::back_inserter(units));
      // What may only scale units may not be added to any by way of another.
      if (joined.units.empty() || other.empty()) units.clear();
      joined.units = std::move(units);
      known->second = call_.tracker().AddStatistic(std::move(joined));
    }
    return known->second;
  }

  Call& call_;
  JoinKind kind_;
  bool first_scaled_;
  bool second_scaled_;
  std::map<std::pair<int, int>, int> both_;
};

/// Scales that both tensors carry; those of one alone do not belong to what is computed from both.
std::vector<PendingScale> CommonScales(const TensorUnits& a, const TensorUnits& b, at::IntArrayRef shape) {
  std::vector<PendingScale> common;
  for (const PendingScale& scale : a.scales) {
    const at::Tensor values = scale.values.expand(shape);
    const bool shared = std::any_of(b.scales.begin(), b.scales.end(), [&](const PendingScale& other) {
      return other.norm == scale.norm && other.values.expand(shape).equal(values);
    });
    if (shared) common.push_back({scale.norm, values});
  }
  return common;
}

}  // namespace

bool HasSeveralAlong(const at::Tensor& labels, int64_t axis) {
  if (!Varies(labels, axis)) return false;
  const at::Tensor constants = labels.eq(kNoUnit);
  const at::Tensor least = labels.masked_fill(constants, std::numeric_limits<int>::max()).amin(axis);
  const at::Tensor largest = labels.masked_fill(constants, std::numeric_limits<int>::min()).amax(axis);
  return at::any(least.lt(largest)).item<bool>();
}

void NarrowWhereBothRepeat(at::Tensor* first, at::Tensor* second, int64_t kept) {
  for (int64_t axis = 0; axis < first->dim(); ++axis) {
    if (axis == kept || Varies(*first, axis) || Varies(*second, axis)) continue;
    for (at::Tensor* tensor : {first, second})
      *tensor = tensor->narrow(axis, 0, std::min<int64_t>(tensor->size(axis), 1));
  }
}

TensorUnits Join(Call& call, const TensorUnits& a, const TensorUnits& b, at::IntArrayRef shape, JoinKind kind) {
  const auto axes = static_cast<int64_t>(shape.size());
  at::Tensor first = WithAxes(call.tracker().Resolved(a.labels), axes);
  at::Tensor second = WithAxes(call.tracker().Resolved(b.labels), axes);
  for (const auto& [few, many] : {std::pair(&first, &second), std::pair(&second, &first)}) {
    const int64_t axis = SpreadAxis(*few, *many);
    if (axis < 0 || !CarriesUnits(*few) || !CarriesUnits(*many)) continue;
    if (kind == JoinKind::kProduct) {
      *few = AsGate(call, *few);
    } else if (const auto merged = call.tracker().WithoutAxis(*many, axis)) {
      *many = call.tracker().Resolved(merged->expand(many->sizes()));
    } else {
      call.Unsupported("adds one unit to several along axis " + std::to_string(axis) + " of a tensor of shape " +
                       ShapeText(shape) + "; that mixes units in a way that the graph has no edges for");
    }
  }
  first = first.expand(shape);
  second = second.expand(shape);
  NarrowWhereBothRepeat(&first, &second);
  at::Tensor joined = first.clone(at::MemoryFormat::Contiguous);
  const at::Tensor others = second.contiguous();
  const bool product = kind == JoinKind::kProduct;
  Joiner joiner(call, kind, product && CarriesUnits(first), product && CarriesUnits(second));
  int* labels = joined.data_ptr<int>();
  for (int64_t i = 0; i < joined.numel(); ++i) labels[i] = joiner.Join(labels[i], others.data_ptr<int>()[i]);
  return {joined.expand(shape), CommonScales(a, b, shape),
          TensorUnits::NewOrigin(a.origin->is_input && b.origin->is_input)};
}

}  // namespace modlab::reader
