#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/dataset/array.h"
#include "core/train/trainable_model.h"
#include "core/train/training_options.h"

namespace modlab {

/// Which entries of parameters training may change: those that all gradient masks of the parameter let change, and that
/// are not pruned. Pruning, of parameters of two or more dimensions, is among the entries that the masks let change:
/// no others become 0, and its sparsity is a share of these. Internal to core/train.
class Masks {
 public:
  /// Errors: kShapesMismatch (a mask of another size than its parameter), kInvalidOption (a mask of a parameter that is
  /// not trained).
  Masks(const std::vector<TrainableModel::Parameter>& parameters, const TrainingOptions& options);

  /// Of the parameter: a byte for each entry, 0 where it stays as it is; null where all change.
  const uint8_t* of(size_t parameter) const { return bytes_[parameter].empty() ? nullptr : bytes_[parameter].data(); }

  /// Before step `step`, counted from 0: prunes what is due by then. Whether anything was.
  bool Prune(int64_t step, int64_t steps_per_epoch);
  /// Share of the entries that pruning is among that are 0 for good; nothing without pruning.
  std::optional<double> sparsity() const;

  void AppendTo(std::vector<NamedArray>& arrays) const;
  void Restore(const std::vector<NamedArray>& arrays);

 private:
  bool IsPruned(size_t parameter) const { return options_.pruning && parameters_[parameter].tensor.dim() >= 2; }
  /// Whether an entry of a pruned parameter may be pruned, or is.
  bool IsPrunable(size_t parameter, size_t entry) const {
    return bytes_[parameter][entry] != 0 || pruned_[parameter][entry] == 0;
  }
  void PruneTo(double sparsity);
  void Apply();

  const std::vector<TrainableModel::Parameter>& parameters_;
  const TrainingOptions& options_;
  std::vector<std::vector<uint8_t>> bytes_;   ///< Empty: all entries change.
  std::vector<std::vector<uint8_t>> pruned_;  ///< 0: pruned; empty: the parameter is not.
};

}  // namespace modlab
