#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace modlab::reader {

/// Label of elements that belong to no unit: constants, padding. Labels below it are those of statistics.
inline constexpr int kNoUnit = -1;
inline bool IsUnit(int label) { return label >= 0; }
inline bool IsStatistic(int label) { return label < kNoUnit; }

/// Whether labels change along an axis. Of labels that UnitTracker::Resolved has made: others may repeat themselves in
/// memory, too.
inline bool Varies(const at::Tensor& labels, int64_t axis) { return labels.size(axis) > 1 && labels.stride(axis) != 0; }
inline bool VariesAnywhere(const at::Tensor& labels) {
  for (int64_t axis = 0; axis < labels.dim(); ++axis) {
    if (Varies(labels, axis)) return true;
  }
  return false;
}

/// What is known about the contents of a tensor, shared by its views.
struct TensorOrigin {
  /// Index of the range of units that a weight operation has just written here, or -1.
  int written_range = -1;
  /// Operations that use the contents; looking at shapes and making views does not count.
  int readers = 0;
  /// Whether these are the units of an input, however computed from it.
  bool is_input = false;
};

/// A scale that a norm has put on a tensor, and that the weights which read the tensor may have to take over.
struct PendingScale {
  int norm = 0;       ///< Index into UnitTracker::norms().
  at::Tensor values;  ///< double, of the tensor's shape.
};

/// What the elements of a tensor mean in units (definitions.md, section 1). Labels are a tensor of the value's own
/// shape, mostly one with strides of 0, so that every operation that only moves elements is followed by moving labels
/// in the same way.
struct TensorUnits {
  at::Tensor labels;  ///< int32: the unit or statistic of each element, or kNoUnit.
  std::vector<PendingScale> scales;
  std::shared_ptr<TensorOrigin> origin;

  /// The same with `move` applied to labels and scales.
  template <typename Move>
  TensorUnits Moved(const Move& move) const {
    TensorUnits result{move(labels), {}, origin};
    for (const PendingScale& scale : scales) result.scales.push_back({scale.norm, move(scale.values)});
    return result;
  }
  /// The same for contents that another operation has computed.
  TensorUnits Recomputed() const { return {labels, scales, NewOrigin(origin->is_input)}; }

  static std::shared_ptr<TensorOrigin> NewOrigin(bool is_input) {
    return std::make_shared<TensorOrigin>(TensorOrigin{-1, 0, is_input});
  }
};

/// A range of unit numbers that came into being together: an input's elements or a weight operation's output units.
struct UnitRange {
  std::string name;
  std::string operation;
  int first = 0;
  int count = 0;
  /// Indices into an embedding, a mask: nobody expects weights to read them.
  bool is_index = false;
};

/// A number that is computed from several units and belongs to none of them: the mean that a norm subtracts, attention
/// weights, the gate of a whole layer. It may scale or shift units, which then stay what they are; weights cannot read
/// it.
struct Statistic {
  /// ` aten::mean in layer 3 (net.py, line 12)`.
  std::string source;
  /// What it was computed from, ascending: the only units that it may be added to. Empty: it may scale any units, and
  /// be added to none.
  std::vector<int> units;
};

/// One execution of a layer with weights.
struct WeightOperation {
  /// The layer's name in the model.
  std::string layer;
  int range = 0;  ///< Index of its output units' range; row i of the weight writes the range's unit i.
  /// [out][in / groups][kernel ...]: the model's own, or a view of it. Or sparse, [out][in], as CompressedRows.
  at::Tensor weight;
  int groups = 1;
  std::vector<int> sources;  ///< Unit, or kNoUnit, at each of the `in` positions that it reads.
  struct Scale {
    int norm = 0;
    std::vector<double> values;  ///< By position.
  };
  std::vector<Scale> scales;
};

/// A norm, whose scale goes to the weights that write its input if only the norm reads that, else to those that read
/// its output.
struct Norm {
  /// One for each time that it is executed.
  std::vector<std::shared_ptr<TensorOrigin>> inputs;
  /// The range whose units the input is, and the scale of each, where one weight operation has written it and each unit
  /// has one scale.
  int target_range = -1;
  std::vector<double> target_scale;

  bool ScalesTarget() const;
};

/// Where in the program a layer is called: the calls that led there, the node, and its weights. A layer that a loop
/// calls again has the same place, and the same units.
using CallSite = std::vector<const void*>;

/// Follows units through one run of a model's forward. Tensors are known by identity, so that units stay with them
/// through lists, tuples and in-place operations.
class UnitTracker {
 public:
  /// Makes each element of one sample of `tensor` (axis 0 is the batch, except for vectors) a unit. Elements that an
  /// operation reads as one unit, such as the pixels of a channel, are merged when it does.
  void AddInput(const at::Tensor& tensor);
  /// Adds units for a layer's output, or finds those of an earlier execution at the same site. Returns the range's
  /// index.
  int AddRange(UnitRange range, const CallSite& site);
  /// The vocabulary that the indices in `tensor`, an input, choose from: `count` units. Returns the range's index.
  /// nullopt where the indices are computed from several inputs or from units.
  std::optional<int> AddVocabulary(const at::Tensor& tensor, int count);
  /// Labels of a range's units, [count].
  at::Tensor RangeLabels(int range) const;
  void AddWeightOperation(WeightOperation operation);
  /// Gives every weight operation another weight of the same shape, and norms the scale 1.
  void ReplaceWeights(const std::function<at::Tensor(const WeightOperation&)>& replacement);
  /// Adds a norm or, where the site has been executed before, one more input to it. Returns its index.
  int AddNorm(Norm norm, const CallSite& site);
  /// Returns the statistic's label.
  int AddStatistic(Statistic statistic);
  const Statistic& StatisticOf(int label) const { return statistics_[kNoUnit - 1 - label]; }

  /// nullptr where the tensor carries no units.
  const TensorUnits* Find(const at::Tensor& tensor) const;
  /// Whether a tensor inside the value carries units.
  bool Carries(const c10::IValue& value) const;
  /// Says what a new tensor's elements are.
  void Set(const at::Tensor& tensor, TensorUnits units);
  /// The same for a tensor that was there before, and that others may share their memory with.
  void Overwrite(const at::Tensor& tensor, TensorUnits units);
  /// Notes forward's results, counts them as read, and returns a statistic among them, where there is one.
  const Statistic* MarkResults(const c10::IValue& value);
  /// For each unit, by representative, whether forward returns it.
  std::vector<char> Results() const;

  /// Makes two units one.
  void Merge(int unit, int other);
  /// The number that stands for a unit after merging: the smallest of those that are one with it. Statistics and
  /// kNoUnit stand for themselves.
  int Representative(int label) const;
  bool IsInput(int unit) const { return unit >= 0 && Representative(unit) < input_units_; }
  /// Whether a unit is an input's or a vocabulary's.
  bool IsGiven(int unit) const;

  /// Labels as representatives, with stride 0 along every axis on which they do not change.
  at::Tensor Resolved(const at::Tensor& labels) const;
  /// The label at each position of an axis (>= 0), if all elements at a position have one (constants aside). Positions
  /// of an input are merged into one unit where they are in the way. nullopt: other axes carry units, too.
  std::optional<std::vector<int>> UnitsAlong(const at::Tensor& labels, int64_t axis);
  /// Labels with `axis` reduced to size 1, if units do not vary along it (input's: merged). nullopt: they do.
  std::optional<at::Tensor> WithoutAxis(const at::Tensor& labels, int64_t axis);

  const std::vector<UnitRange>& ranges() const { return ranges_; }
  const std::vector<WeightOperation>& weight_operations() const { return weight_operations_; }
  const std::vector<Norm>& norms() const { return norms_; }

  /// An operation that is not positively homogeneous reads units, of which `label` is one.
  void AddInhomogeneous(const std::string& source, int label);
  /// These operations, each once for each unit.
  const std::set<std::pair<std::string, int>>& inhomogeneous() const { return inhomogeneous_; }

  void Warn(const std::string& warning);
  /// Things that a reader of the result should know, each once.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Names of the parameters that forward has looked at.
  std::set<std::string> parameters_read;

 private:
  struct Entry {
    // Holds the address, not the memory: a dead tensor must not be taken for a new one.
    c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl> tensor;
    TensorUnits units;
    int version = 0;  ///< Of the memory's labels, where it has its own.
  };
  /// Memory that has been written to in parts: labels of all its elements, which tensors in it are views of.
  struct Memory {
    c10::weak_intrusive_ptr<c10::StorageImpl> storage;
    at::Tensor labels;
    int version = 0;
  };

  int AppendRange(UnitRange range);
  int RangeOf(int unit) const;
  /// Label of all labels in [begin, end), merging an input's; nullopt where they differ.
  std::optional<int> CommonUnit(const int* begin, const int* end);
  const Memory* FindMemory(const at::Tensor& tensor) const;
  Memory& MakeMemory(const at::Tensor& tensor);
  void Store(const at::Tensor& tensor, TensorUnits units, int version) const;

  mutable std::unordered_map<const c10::TensorImpl*, Entry> entries_;
  mutable size_t enough_entries_ = 0;  // to look for tensors that are gone
  std::unordered_map<const c10::StorageImpl*, Memory> memories_;
  std::vector<UnitRange> ranges_;
  std::map<CallSite, int> range_at_;
  std::map<std::pair<int, int>, int> vocabularies_;  // by input range and size
  std::vector<WeightOperation> weight_operations_;
  std::vector<Norm> norms_;
  std::map<CallSite, int> norm_at_;
  std::vector<Statistic> statistics_;
  std::vector<at::Tensor> results_;  // labels
  std::set<std::pair<std::string, int>> inhomogeneous_;
  int input_units_ = 0;              // inputs are added before all else, so theirs are the first numbers
  mutable std::vector<int> parent_;  // of units: a disjoint-set forest whose roots are the smallest members
  bool merged_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace modlab::reader
