#include "core/graph/unit_tracker.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace modlab::reader {
namespace {

/// Calls `visit` for every tensor inside a value.
template <typename Visit>
void ForEachTensor(const c10::IValue& value, const Visit& visit) {
  if (value.isTensor()) {
    visit(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) visit(tensor);
  } else if (value.isTuple()) {
    for (const c10::IValue& element : value.toTupleRef().elements()) ForEachTensor(element, visit);
  } else if (value.isList()) {
    for (const c10::IValue& element : value.toListRef()) ForEachTensor(element, visit);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) ForEachTensor(entry.value(), visit);
  }
}

/// Elements of axes with stride 0 are all the same ones: one is enough to look at.
at::Tensor WithoutRepetition(at::Tensor tensor, int64_t first_axis) {
  for (int64_t axis = first_axis; axis < tensor.dim(); ++axis) {
    if (tensor.stride(axis) == 0 && tensor.size(axis) > 1) tensor = tensor.narrow(axis, 0, 1);
  }
  return tensor;
}

at::Tensor Range(int first, int64_t count) {
  return at::arange(first, first + count, at::TensorOptions().dtype(at::kInt));
}

}  // namespace

int UnitTracker::AddRange(UnitRange range) {
  if (range.count > std::numeric_limits<int>::max() - next_unit_) {
    throw Error(ErrorKind::kOutOfMemory, "the model has more units than can be counted (2^31)");
  }
  range.first = next_unit_;
  next_unit_ += range.count;
  ranges_.push_back(std::move(range));
  return static_cast<int>(ranges_.size()) - 1;
}

void UnitTracker::AddInput(const at::Tensor& tensor) {
  const bool has_batch = tensor.dim() > 1;
  const int64_t count = has_batch ? tensor.numel() / tensor.size(0) : tensor.numel();
  if (count > std::numeric_limits<int>::max()) {
    throw Error(ErrorKind::kInputShapeInvalid, "the input has more than 2^31 elements; give a smaller one");
  }
  const std::string number = ranges_.empty() ? "" : std::to_string(ranges_.size() + 1);
  const int range = AddRange({"input" + number, "input", 0, static_cast<int>(count)});
  at::Tensor labels = Range(ranges_[range].first, count);
  if (has_batch) labels = labels.view(tensor.sizes().slice(1));
  Set(tensor, {labels.expand(tensor.sizes()), {}, std::make_shared<TensorOrigin>(TensorOrigin{-1, 0, true})});
  input_units_ = next_unit_;
  parent_.resize(input_units_);
  std::iota(parent_.begin(), parent_.end(), 0);
}

void UnitTracker::AddWeightOperation(WeightOperation operation, UnitRange range, const at::Tensor& output,
                                     std::optional<int64_t> axis) {
  operation.range = AddRange(std::move(range));
  at::Tensor labels = Range(ranges_[operation.range].first, ranges_[operation.range].count);
  if (axis) {
    std::vector<int64_t> shape(output.dim(), 1);
    shape[*axis] = labels.numel();
    labels = labels.view(shape);
  }
  weight_operations_.push_back(std::move(operation));
  const int index = static_cast<int>(weight_operations_.size()) - 1;
  Set(output, {labels.expand(output.sizes()), {}, std::make_shared<TensorOrigin>(TensorOrigin{index, 0, false})});
}

int UnitTracker::AddNorm(Norm norm) {
  norms_.push_back(std::move(norm));
  return static_cast<int>(norms_.size()) - 1;
}

const TensorUnits* UnitTracker::Find(const at::Tensor& tensor) const {
  if (!tensor.defined()) return nullptr;
  const auto found = entries_.find(tensor.unsafeGetTensorImpl());
  return found == entries_.end() ? nullptr : &found->second.units;
}

bool UnitTracker::Carries(const c10::IValue& value) const {
  bool carries = false;
  ForEachTensor(value, [&](const at::Tensor& tensor) { carries = carries || Find(tensor) != nullptr; });
  return carries;
}

void UnitTracker::Set(const at::Tensor& tensor, TensorUnits units) {
  Entry entry{decltype(Entry::tensor)(tensor.getIntrusivePtr()), std::move(units)};
  entries_.insert_or_assign(tensor.unsafeGetTensorImpl(), std::move(entry));
}

void UnitTracker::MarkRead(const c10::IValue& value) {
  ForEachTensor(value, [&](const at::Tensor& tensor) {
    if (const TensorUnits* units = Find(tensor)) ++units->origin->readers;
  });
}

int UnitTracker::Representative(int unit) const {
  if (!IsInput(unit)) return unit;
  while (parent_[unit] != unit) {
    parent_[unit] = parent_[parent_[unit]];
    unit = parent_[unit];
  }
  return unit;
}

std::optional<int> UnitTracker::CommonUnit(const int* begin, const int* end) {
  int common = kNoUnit;
  for (const int* label = begin; label != end; ++label) {
    if (*label == kNoUnit) continue;
    const int unit = Representative(*label);
    if (common == kNoUnit || unit == common) {
      common = unit;
    } else if (IsInput(unit) && IsInput(common)) {
      parent_[std::max(unit, common)] = std::min(unit, common);
      common = std::min(unit, common);
    } else {
      return std::nullopt;
    }
  }
  return common;
}

std::optional<std::vector<int>> UnitTracker::UnitsAlong(const at::Tensor& labels, int64_t axis) {
  const int64_t positions = labels.size(axis);
  if (positions == 0) return std::vector<int>();
  const at::Tensor rows = WithoutRepetition(labels.movedim(axis, 0), 1).reshape({positions, -1}).contiguous();
  std::vector<int> units(positions);
  for (int64_t position = 0; position < positions; ++position) {
    const int* row = rows.data_ptr<int>() + position * rows.size(1);
    const std::optional<int> unit = CommonUnit(row, row + rows.size(1));
    if (!unit) return std::nullopt;
    units[position] = *unit;
  }
  return units;
}

std::optional<at::Tensor> UnitTracker::WithoutAxis(const at::Tensor& labels, int64_t axis) {
  if (labels.size(axis) == 0 || labels.stride(axis) == 0)
    return labels.narrow(axis, 0, std::min<int64_t>(labels.size(axis), 1));
  const at::Tensor moved = WithoutRepetition(labels.movedim(axis, -1), 0);
  const at::Tensor rows = moved.reshape({-1, moved.size(-1)}).contiguous();
  at::Tensor common = at::empty({rows.size(0)}, rows.options());
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const int* row = rows.data_ptr<int>() + i * rows.size(1);
    const std::optional<int> unit = CommonUnit(row, row + rows.size(1));
    if (!unit) return std::nullopt;
    common.data_ptr<int>()[i] = *unit;
  }
  std::vector<int64_t> shape = moved.sizes().vec();
  shape.back() = 1;
  std::vector<int64_t> full = labels.sizes().vec();
  full[axis] = 1;
  return common.view(shape).movedim(-1, axis).expand(full);
}

}  // namespace modlab::reader
