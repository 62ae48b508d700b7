#pragma once

#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace modlab::reader {

/// Labels of elements that belong to no unit (padding).
inline constexpr int kNoUnit = -1;

/// What is known about the contents of a tensor, shared by its views.
struct TensorOrigin {
  /// Index of the weight operation whose output this is, or -1.
  int weight_operation = -1;
  /// Operations that use the contents; looking at shapes and making views does not count.
  int readers = 0;
  /// Whether these are the units of an input, however computed from it.
  bool is_input = false;
};

/// A scale that a norm has put on a tensor, and that the weights which read the tensor may have to take over.
struct PendingScale {
  int norm = 0;       ///< Index into UnitTracker::norms().
  at::Tensor values;  ///< double, >= 0, of the tensor's shape.
};

/// What the elements of a tensor mean in units (definitions.md, section 1). Labels are a tensor of the value's own
/// shape, mostly one with strides of 0, so that every operation that only moves elements is followed by moving labels
/// in the same way.
struct TensorUnits {
  at::Tensor labels;  ///< int32: the unit of each element, or kNoUnit.
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
  TensorUnits Recomputed() const {
    const TensorOrigin recomputed{-1, 0, origin->is_input};
    return {labels, scales, std::make_shared<TensorOrigin>(recomputed)};
  }
};

/// A range of unit numbers that came into being together: an input's elements or a weight operation's output units.
struct UnitRange {
  std::string name;
  std::string operation;
  int first = 0;
  int count = 0;
};

/// One execution of a linear or convolution layer.
struct WeightOperation {
  int range = 0;      ///< Index of its output units' range.
  at::Tensor weight;  ///< [out][in / groups][kernel ...]: the model's own, or a view of it.
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
  std::shared_ptr<TensorOrigin> input;
  /// Scale by output unit of the weight operation that wrote the input, where there is one and each unit has one scale.
  std::optional<std::vector<double>> target_scale;

  bool ScalesTarget() const { return target_scale.has_value() && input->readers == 1; }
};

/// Follows units through one run of a model's forward. Tensors are known by identity, so that units stay with them
/// through lists, tuples and in-place operations.
class UnitTracker {
 public:
  /// Makes each element of one sample of `tensor` (axis 0 is the batch, except for vectors) a unit. Elements that an
  /// operation reads as one unit, such as the pixels of a channel, are merged when it does.
  void AddInput(const at::Tensor& tensor);
  /// Makes units for the `axis` of a weight operation's output.
  void AddWeightOperation(WeightOperation operation, UnitRange range, const at::Tensor& output,
                          std::optional<int64_t> axis);
  /// Returns the index of the new norm.
  int AddNorm(Norm norm);

  /// nullptr where the tensor carries no units.
  const TensorUnits* Find(const at::Tensor& tensor) const;
  /// Whether a tensor inside the value carries units.
  bool Carries(const c10::IValue& value) const;
  void Set(const at::Tensor& tensor, TensorUnits units);
  /// Counts forward's results as read.
  void MarkRead(const c10::IValue& value);

  /// The unit at each position of an axis (>= 0), if all elements at a position belong to one. Positions of an input
  /// are merged into one unit where they are in the way. nullopt: other axes carry units, too.
  std::optional<std::vector<int>> UnitsAlong(const at::Tensor& labels, int64_t axis);
  /// Labels with `axis` reduced to size 1, if units do not vary along it (input's: merged). nullopt: they do.
  std::optional<at::Tensor> WithoutAxis(const at::Tensor& labels, int64_t axis);

  /// The number that stands for a unit after merging.
  int Representative(int unit) const;

  const std::vector<UnitRange>& ranges() const { return ranges_; }
  const std::vector<WeightOperation>& weight_operations() const { return weight_operations_; }
  const std::vector<Norm>& norms() const { return norms_; }

  /// Things that a reader of the result should know.
  std::vector<std::string> warnings;
  /// Names of the parameters that forward has looked at.
  std::set<std::string> parameters_read;

 private:
  /// Unit of all labels in [begin, end), merging an input's; nullopt where they differ.
  std::optional<int> CommonUnit(const int* begin, const int* end);
  int AddRange(UnitRange range);
  bool IsInput(int unit) const { return unit < input_units_; }

  struct Entry {
    // Holds the address, not the memory: a dead tensor must not be taken for a new one.
    c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl> tensor;
    TensorUnits units;
  };
  std::unordered_map<const c10::TensorImpl*, Entry> entries_;
  std::vector<UnitRange> ranges_;
  std::vector<WeightOperation> weight_operations_;
  std::vector<Norm> norms_;
  int input_units_ = 0;  // inputs are added before all else, so theirs are the first numbers
  int next_unit_ = 0;
  mutable std::vector<int> parent_;  // of the input's units: a disjoint-set forest
};

}  // namespace modlab::reader
