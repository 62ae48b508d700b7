#include "core/train/pruning.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>
#include <type_traits>

#include "core/error.h"

namespace modlab {
namespace {

void CheckPruning(bool valid, const char* name, double value, const char* range) {
  if (valid) return;
  std::ostringstream message;
  message << "the pruning's " << name << " is " << value << "; it must be " << range;
  throw Error(ErrorKind::kInvalidOption, message.str(), {{"option", name}});
}

/// The bits of |weight|, which have the order of magnitudes, infinity and what is not a number at their end.
template <typename Real>
auto Magnitude(Real weight) {
  using Bits = std::conditional_t<sizeof(Real) == sizeof(uint32_t), uint32_t, uint64_t>;
  Bits bits = 0;
  std::memcpy(&bits, &weight, sizeof bits);
  return static_cast<Bits>(bits & (~Bits{0} >> 1U));
}

template <typename Real>
void Prune(const std::vector<PrunableTensor<Real>>& tensors, double sparsity) {
  std::vector<decltype(Magnitude(Real{}))> present;
  int64_t total = 0;
  for (const PrunableTensor<Real>& tensor : tensors) {
    total += tensor.count;
    for (int64_t i = 0; i < tensor.count; ++i) {
      if (tensor.mask[i] != 0) present.push_back(Magnitude(tensor.weights[i]));
    }
  }
  const int64_t pruned_before = total - static_cast<int64_t>(present.size());
  const int64_t pruned = std::llround(sparsity * static_cast<double>(total)) - pruned_before;
  if (pruned <= 0) return;

  const auto largest_pruned = present.begin() + (pruned - 1);
  std::nth_element(present.begin(), largest_pruned, present.end());
  const auto threshold = *largest_pruned;
  // Those below it all lie before it now; so do some of those that are equal to it.
  int64_t equal_ones = 1 + std::count(present.begin(), largest_pruned, threshold);
  for (const PrunableTensor<Real>& tensor : tensors) {
    for (int64_t i = 0; i < tensor.count; ++i) {
      if (tensor.mask[i] == 0) continue;
      const auto magnitude = Magnitude(tensor.weights[i]);
      if (magnitude > threshold || (magnitude == threshold && equal_ones == 0)) continue;
      if (magnitude == threshold) --equal_ones;
      tensor.mask[i] = 0;
    }
  }
}

template <typename Real>
void PruneInScope(const std::vector<PrunableTensor<Real>>& tensors, double sparsity, PruningScope scope) {
  CheckPruning(sparsity >= 0 && sparsity <= 1, "sparsity", sparsity, "between 0 and 1");
  if (scope == PruningScope::kGlobal) {
    Prune(tensors, sparsity);
    return;
  }
  for (const PrunableTensor<Real>& tensor : tensors) Prune<Real>({tensor}, sparsity);
}

}  // namespace

void CheckPruningSchedule(const PruningSchedule& schedule) {
  CheckPruning(schedule.initial >= 0 && schedule.initial <= 1, "initial sparsity", schedule.initial, "between 0 and 1");
  CheckPruning(schedule.final >= schedule.initial && schedule.final <= 1, "final sparsity", schedule.final,
               "between the initial one and 1");
  CheckPruning(schedule.begin_step >= 0, "begin_step", static_cast<double>(schedule.begin_step), "0 or above");
  CheckPruning(schedule.end_step >= schedule.begin_step, "end_step", static_cast<double>(schedule.end_step),
               "at least begin_step");
  CheckPruning(schedule.every >= 1, "every", static_cast<double>(schedule.every), "1 or above");
}

double SparsityAt(const PruningSchedule& schedule, int64_t step) {
  if (step < schedule.begin_step) return 0;
  if (step >= schedule.end_step) return schedule.final;
  const int64_t since = (step - schedule.begin_step) / schedule.every * schedule.every;
  const double left = 1 - static_cast<double>(since) / static_cast<double>(schedule.end_step - schedule.begin_step);
  return schedule.final + (schedule.initial - schedule.final) * left * left * left;
}

void PruneByMagnitude(const std::vector<PrunableTensor<float>>& tensors, double sparsity, PruningScope scope) {
  PruneInScope(tensors, sparsity, scope);
}

void PruneByMagnitude(const std::vector<PrunableTensor<double>>& tensors, double sparsity, PruningScope scope) {
  PruneInScope(tensors, sparsity, scope);
}

}  // namespace modlab
