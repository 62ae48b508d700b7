#pragma once

#include <cstdint>

namespace modlab {

/// How the learning rate changes over the steps of a training, T of them, numbered from 0.
struct LearningRateSchedule {
  enum class Kind {
    kConstant,
    /// base * gamma^floor(t / step_size), as torch's StepLR.
    kStep,
    /// minimum + (base - minimum) (1 + cos(pi t / T)) / 2, as torch's CosineAnnealingLR with T_max = T.
    kCosine,
    /// torch's OneCycleLR with cosine annealing in two phases: base is the highest rate, reached after `rising_part` of
    /// the steps from base / initial_divisor on; the last step has base / initial_divisor / final_divisor.
    kOneCycle,
  };
  Kind kind = Kind::kConstant;
  /// Before the schedule proper, whose t and T then leave these steps out: W steps at base (t + 1) / W, as torch's
  /// LinearLR from 1 / W on. Not with kOneCycle, which has a rise of its own.
  int64_t warmup_steps = 0;
  int64_t step_size = 1;        ///< kStep; >= 1.
  double gamma = 0.1;           ///< kStep; > 0.
  double minimum = 0;           ///< kCosine; >= 0.
  double rising_part = 0.3;     ///< kOneCycle; torch's pct_start, between 0 and 1.
  double initial_divisor = 25;  ///< kOneCycle; torch's div_factor, > 0.
  double final_divisor = 1e4;   ///< kOneCycle; torch's final_div_factor, > 0.
};

/// Throws kInvalidOption where `base` is not a finite number >= 0, there are no steps, or a field that the kind has is
/// out of range (a warm-up of total_steps or more, too).
void CheckLearningRateSchedule(const LearningRateSchedule& schedule, double base, int64_t total_steps);

/// The rate of step `step`, 0 <= step; steps from total_steps on have what the schedule comes to at its end. For
/// schedules that pass the check. O(1).
double LearningRateAt(const LearningRateSchedule& schedule, double base, int64_t step, int64_t total_steps);

}  // namespace modlab
