#include "core/graph/unit_tracker.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "core/graph/sparse_weights.h"

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

/// The same contents with stride 0 along every axis on which they do not change.
at::Tensor WithRepetition(const at::Tensor& tensor) {
  at::Tensor small = WithoutRepetition(tensor, 0);
  for (int64_t axis = 0; axis < small.dim(); ++axis) {
    if (small.size(axis) <= 1) continue;
    const at::Tensor first = small.narrow(axis, 0, 1);
    if (first.expand(small.sizes()).equal(small)) small = first;
  }
  return small.contiguous().expand(tensor.sizes());
}

/// New tensors between two times that those which are gone are forgotten.
constexpr size_t kNewEntries = 16;

at::TensorOptions LabelOptions() { return at::TensorOptions().dtype(at::kInt); }

at::Tensor Range(int first, int64_t count) { return at::arange(first, first + count, LabelOptions()); }

bool AreAll(int label, const at::Tensor& labels) {
  const at::Tensor few = WithoutRepetition(labels, 0).contiguous();
  const int* data = few.data_ptr<int>();
  return std::all_of(data, data + few.numel(), [&](int found) { return found == label; });
}

/// The elements of `all`, a memory's, that a tensor in that memory has.
at::Tensor ViewLike(const at::Tensor& all, const at::Tensor& tensor) {
  return all.as_strided(tensor.sizes(), tensor.strides(), tensor.storage_offset());
}

const c10::StorageImpl* StorageOf(const at::Tensor& tensor) {
  return tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

}  // namespace

bool Norm::ScalesTarget() const {
  return target_range >= 0 &&
         std::all_of(inputs.begin(), inputs.end(), [](const auto& input) { return input->readers == 1; });
}

int UnitTracker::AppendRange(UnitRange range) {
  const int next = static_cast<int>(parent_.size());
  if (range.count > std::numeric_limits<int>::max() - next) {
    throw Error(ErrorKind::kOutOfMemory, "the model has more units than can be counted (2^31)");
  }
  range.first = next;
  parent_.resize(next + range.count);
  std::iota(parent_.begin() + next, parent_.end(), next);
  ranges_.push_back(std::move(range));
  return static_cast<int>(ranges_.size()) - 1;
}

int UnitTracker::RangeOf(int unit) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), unit,
                                      [](int first, const UnitRange& range) { return first < range.first; });
  return static_cast<int>(after - ranges_.begin()) - 1;
}

bool UnitTracker::IsGiven(int unit) const {
  return IsInput(unit) || (IsUnit(unit) && ranges_[RangeOf(Representative(unit))].operation == "vocabulary");
}

void UnitTracker::AddInhomogeneous(const std::string& source, int label) { inhomogeneous_.emplace(source, label); }

void UnitTracker::AddInput(const at::Tensor& tensor) {
  const bool has_batch = tensor.dim() > 1;
  const int64_t count = has_batch ? tensor.numel() / tensor.size(0) : tensor.numel();
  if (count > std::numeric_limits<int>::max()) {
    throw Error(ErrorKind::kInputShapeInvalid, "the input has more than 2^31 elements; give a smaller one");
  }
  const std::string number = ranges_.empty() ? "" : std::to_string(ranges_.size() + 1);
  const bool is_index = !tensor.is_floating_point() && !tensor.is_complex();
  const int range = AppendRange({"input" + number, "input", 0, static_cast<int>(count), is_index});
  at::Tensor labels = RangeLabels(range);
  if (has_batch) labels = labels.view(tensor.sizes().slice(1));
  Set(tensor, {labels.expand(tensor.sizes()), {}, TensorUnits::NewOrigin(true)});
  input_units_ = static_cast<int>(parent_.size());
}

int UnitTracker::AddRange(UnitRange range, const CallSite& site) {
  const auto [known, is_new] = range_at_.try_emplace(site, 0);
  if (is_new || ranges_[known->second].count != range.count) known->second = AppendRange(std::move(range));
  return known->second;
}

std::optional<int> UnitTracker::AddVocabulary(const at::Tensor& tensor, int count) {
  const at::Tensor labels = WithoutRepetition(Find(tensor)->labels, 0).contiguous();
  std::optional<int> input;
  for (int64_t i = 0; i < labels.numel(); ++i) {
    const int label = labels.data_ptr<int>()[i];
    if (label == kNoUnit) continue;
    if (!IsUnit(label) || label >= input_units_) return std::nullopt;
    const int range = RangeOf(label);
    if (input.value_or(range) != range) return std::nullopt;
    input = range;
  }
  if (!input) return std::nullopt;
  const auto [known, is_new] = vocabularies_.try_emplace({*input, count}, 0);
  if (is_new) known->second = AppendRange({ranges_[*input].name, "vocabulary", 0, count});
  ranges_[*input].is_index = true;
  return known->second;
}

at::Tensor UnitTracker::RangeLabels(int range) const { return Range(ranges_[range].first, ranges_[range].count); }

void UnitTracker::AddWeightOperation(WeightOperation operation) {
  for (const WeightOperation& earlier : weight_operations_) {
    if (earlier.range != operation.range || !earlier.weight.is_same(operation.weight)) {
      const bool same_view = earlier.range == operation.range && earlier.weight.sizes() == operation.weight.sizes() &&
                             Elements(earlier.weight).data_ptr() == Elements(operation.weight).data_ptr();
      if (!same_view) continue;
    }
    // The same layer again, in a loop: it reads an input's elements as the same units.
    for (size_t i = 0; i < operation.sources.size(); ++i) {
      const int before = earlier.sources[i];
      const int now = operation.sources[i];
      if (IsInput(before) && IsInput(now)) Merge(before, now);
    }
    const auto same_unit = [this](int a, int b) { return Representative(a) == Representative(b); };
    if (std::equal(earlier.sources.begin(), earlier.sources.end(), operation.sources.begin(), same_unit)) return;
  }
  weight_operations_.push_back(std::move(operation));
}

void UnitTracker::ReplaceWeights(const std::function<at::Tensor(const WeightOperation&)>& replacement) {
  for (WeightOperation& operation : weight_operations_) {
    operation.weight = replacement(operation);
    operation.scales.clear();
  }
  for (Norm& norm : norms_) norm.target_scale.clear();
}

int UnitTracker::AddNorm(Norm norm, const CallSite& site) {
  const auto [known, is_new] = norm_at_.try_emplace(site, 0);
  if (!is_new && norms_[known->second].target_range == norm.target_range) {
    norms_[known->second].inputs.push_back(norm.inputs.front());
    return known->second;
  }
  known->second = static_cast<int>(norms_.size());
  norms_.push_back(std::move(norm));
  return known->second;
}

int UnitTracker::AddStatistic(Statistic statistic) {
  statistics_.push_back(std::move(statistic));
  return kNoUnit - static_cast<int>(statistics_.size());
}

const TensorUnits* UnitTracker::Find(const at::Tensor& tensor) const {
  if (!tensor.defined()) return nullptr;
  const auto found = entries_.find(tensor.unsafeGetTensorImpl());
  const Memory* memory = FindMemory(tensor);
  if (memory != nullptr && (found == entries_.end() || found->second.version != memory->version)) {
    const at::Tensor labels = WithRepetition(ViewLike(memory->labels, tensor).clone());
    if (AreAll(kNoUnit, labels)) return nullptr;
    Store(tensor, {labels, {}, TensorUnits::NewOrigin(false)}, memory->version);
    return &entries_.at(tensor.unsafeGetTensorImpl()).units;
  }
  return found == entries_.end() ? nullptr : &found->second.units;
}

bool UnitTracker::Carries(const c10::IValue& value) const {
  bool carries = false;
  ForEachTensor(value, [&](const at::Tensor& tensor) { carries = carries || Find(tensor) != nullptr; });
  return carries;
}

void UnitTracker::Store(const at::Tensor& tensor, TensorUnits units, int version) const {
  if (entries_.size() >= enough_entries_) {  // Labels of tensors that are gone would add up to much memory.
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      entry = entry->second.tensor.expired() ? entries_.erase(entry) : std::next(entry);
    }
    enough_entries_ = entries_.size() + kNewEntries;
  }
  Entry entry{decltype(Entry::tensor)(tensor.getIntrusivePtr()), std::move(units), version};
  entries_.insert_or_assign(tensor.unsafeGetTensorImpl(), std::move(entry));
}

void UnitTracker::Set(const at::Tensor& tensor, TensorUnits units) {
  if (AreAll(kNoUnit, units.labels)) {
    entries_.erase(tensor.unsafeGetTensorImpl());
    return;
  }
  const Memory* memory = FindMemory(tensor);
  Store(tensor, std::move(units), memory == nullptr ? 0 : memory->version);
}

const UnitTracker::Memory* UnitTracker::FindMemory(const at::Tensor& tensor) const {
  if (memories_.empty()) return nullptr;
  const auto found = memories_.find(StorageOf(tensor));
  return found == memories_.end() || found->second.storage.expired() ? nullptr : &found->second;
}

UnitTracker::Memory& UnitTracker::MakeMemory(const at::Tensor& tensor) {
  const c10::StorageImpl* storage = StorageOf(tensor);
  const auto elements = static_cast<int64_t>(tensor.storage().nbytes() / tensor.element_size());
  Memory memory{decltype(Memory::storage)(tensor.storage().getWeakStorageImpl()),
                at::full({elements}, kNoUnit, LabelOptions()), 0};
  for (const auto& [address, entry] : entries_) {
    const auto alive = entry.tensor.lock();
    if (!alive) continue;
    const at::Tensor other = at::Tensor(alive);
    if (StorageOf(other) == storage && other.element_size() == tensor.element_size()) {
      ViewLike(memory.labels, other).copy_(entry.units.labels);
    }
  }
  return memories_.insert_or_assign(storage, std::move(memory)).first->second;
}

void UnitTracker::Overwrite(const at::Tensor& tensor, TensorUnits units) {
  const TensorUnits* before = Find(tensor);
  if (before != nullptr && before->labels.sizes() == units.labels.sizes() && before->labels.equal(units.labels)) {
    return Set(tensor, std::move(units));
  }
  Memory& memory = FindMemory(tensor) == nullptr ? MakeMemory(tensor) : memories_.at(StorageOf(tensor));
  ViewLike(memory.labels, tensor).copy_(units.labels);
  Store(tensor, std::move(units), ++memory.version);
}

const Statistic* UnitTracker::MarkResults(const c10::IValue& value) {
  const Statistic* statistic = nullptr;
  ForEachTensor(value, [&](const at::Tensor& tensor) {
    const TensorUnits* units = Find(tensor);
    if (units == nullptr) return;
    ++units->origin->readers;
    const at::Tensor labels = WithoutRepetition(units->labels, 0).contiguous();
    const int* data = labels.data_ptr<int>();
    const int* found = std::find_if(data, data + labels.numel(), IsStatistic);
    if (found != data + labels.numel()) statistic = &StatisticOf(*found);
    results_.push_back(labels);
  });
  return statistic;
}

std::vector<char> UnitTracker::Results() const {
  std::vector<char> is_result(parent_.size(), 0);
  for (const at::Tensor& labels : results_) {
    for (int64_t i = 0; i < labels.numel(); ++i) {
      const int unit = labels.data_ptr<int>()[i];
      if (IsUnit(unit)) is_result[Representative(unit)] = 1;
    }
  }
  return is_result;
}

void UnitTracker::Merge(int unit, int other) {
  unit = Representative(unit);
  other = Representative(other);
  if (unit == other) return;
  parent_[std::max(unit, other)] = std::min(unit, other);
  merged_ = true;
}

int UnitTracker::Representative(int label) const {
  if (!IsUnit(label)) return label;
  while (parent_[label] != label) label = parent_[label] = parent_[parent_[label]];
  return label;
}

at::Tensor UnitTracker::Resolved(const at::Tensor& labels) const {
  at::Tensor small = WithoutRepetition(labels, 0);
  if (merged_) {
    small = small.clone(at::MemoryFormat::Contiguous);
    int* data = small.data_ptr<int>();
    std::transform(data, data + small.numel(), data, [this](int label) { return Representative(label); });
  }
  return WithRepetition(small).expand(labels.sizes());
}

std::optional<int> UnitTracker::CommonUnit(const int* begin, const int* end) {
  int common = kNoUnit;
  for (const int* label = begin; label != end; ++label) {
    if (*label == kNoUnit) continue;
    const int unit = Representative(*label);
    if (common == kNoUnit || unit == common) {
      common = unit;
    } else if (IsInput(unit) && IsInput(common)) {
      Merge(unit, common);
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

void UnitTracker::Warn(const std::string& warning) {
  if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) warnings_.push_back(warning);
}

}  // namespace modlab::reader
