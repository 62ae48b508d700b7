#pragma once

#include <cstdint>
#include <vector>

namespace modlab {

/// The share of weights that are pruned over the steps of a training (Zhu & Gupta 2017, "To prune, or not to prune"):
/// at step t = begin_step + i every, up to end_step,
///     final + (initial - final) (1 - (t - begin_step) / (end_step - begin_step))^3,
/// constant between these steps; 0 before begin_step, and `final` from end_step on.
struct PruningSchedule {
  double initial = 0;  ///< In [0, 1].
  double final = 0;    ///< In [initial, 1].
  int64_t begin_step = 0;
  int64_t end_step = 0;  ///< >= begin_step.
  int64_t every = 1;     ///< >= 1.
};

/// Throws kInvalidOption where a field is out of range.
void CheckPruningSchedule(const PruningSchedule& schedule);

/// For schedules that pass the check. Never falls with the step. O(1).
double SparsityAt(const PruningSchedule& schedule, int64_t step);

/// Of all weights together, or of each tensor's by themselves.
enum class PruningScope { kGlobal, kPerTensor };

template <typename Real>
struct PrunableTensor {
  const Real* weights = nullptr;
  uint8_t* mask = nullptr;  ///< 0: pruned.
  int64_t count = 0;
};

/// Sets masks of the weights of smallest magnitude to 0 until exactly round(sparsity * count) weights are pruned
/// (halves away from 0), those included that were before, which stay so; where more were, nothing changes. Of equal
/// magnitudes the earlier weight goes, in the order of `tensors`; what is not a number counts as the largest. Weights
/// stay as they are. O(n) time on average; memory: the weights that are not pruned yet, once. Errors: kInvalidOption
/// (sparsity outside [0, 1]).
void PruneByMagnitude(const std::vector<PrunableTensor<float>>& tensors, double sparsity, PruningScope scope);
void PruneByMagnitude(const std::vector<PrunableTensor<double>>& tensors, double sparsity, PruningScope scope);

}  // namespace modlab
