#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/train/parameter_distribution.h"

namespace modlab {

/// Which goal is trained when (definitions.md, section 12; [KA] for modularly varying goals).
enum class GoalSchedule {
  kFixed,            ///< One goal.
  kVarying,          ///< `mvg`: a list of goals in turn.
  kRandomlyVarying,  ///< `rmvg`: one goal whose parameters are redrawn.
};

struct GoalScheduleOptions {
  GoalSchedule schedule = GoalSchedule::kFixed;
  /// Number of goals that are taken in turn, 0 ... goals - 1; 1 but for kVarying, which takes at least 2.
  int goals = 1;
  /// How long a goal, or a draw, lasts: epochs, or steps. At least 1; means nothing for kFixed.
  int64_t period = 10;
  bool period_in_steps = false;
  /// How many epochs the first goal lasts. 0: as long as any other.
  int64_t warmup_epochs = 0;
  /// For the last `final_epochs` epochs: a goal, which may be one beyond those taken in turn.
  std::optional<int> final_goal;
  int64_t final_epochs = 0;
  /// Parameters' values before the first redraw. Those that have a distribution and are not here are drawn at the
  /// beginning.
  std::map<std::string, double> initial_parameters;
  /// Those given here hold from the final goal on; the others keep the values that they have then.
  std::map<std::string, double> final_parameters;
  /// Drawn in this order. kRandomlyVarying needs at least one.
  std::vector<ParameterDistribution> distributions;
};

/// From `first_step` on to the next phase, training is for this goal with these parameters.
struct GoalPhase {
  int64_t first_step = 0;
  int goal_index = 0;
  std::map<std::string, double> parameters;
};

/// The phases of a training run of `total_steps` steps, the first one from step 0 on. A pure function of its arguments.
///
/// The first phase lasts `warmup_epochs` epochs, or a period where these are 0; then there is a new phase every period:
/// the next goal in turn, or parameters redrawn. The final goal's phase begins `final_epochs` epochs before the end.
///
/// With kRandomlyVarying no parameters come twice, those of the beginning counted (the final goal's are given, not
/// drawn, and may be any). Where the distributions have fewer different values than that takes, the schedule is
/// refused.
///
/// O(phases log phases) on average, where the space is not nearly used up; O(phases^2) at most on average. At most a
/// million phases. Errors: kInvalidOption.
std::vector<GoalPhase> MakeGoalPhases(const GoalScheduleOptions& options, int64_t steps_per_epoch, int64_t total_steps,
                                      uint64_t seed);

}  // namespace modlab
