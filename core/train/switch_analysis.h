#pragma once

#include <cstdint>
#include <vector>

#include "core/train/goal_schedule.h"
#include "core/train/training_record.h"

namespace modlab {

/// What the series say about each change of goals (definitions.md, section 12): the loss in the epoch before and in the
/// first epoch whose samples are the new goal's; how many epochs it takes until it is within 10 % of its level before
/// (counted from that first epoch as 1), as long as the goal stays; and the modularity that was last measured with the
/// goal before, and first with the new one. Losses are those of the evaluated samples where there are some, normalised
/// where they can be. Switches that have not come yet are left out. O(phases + epochs).
std::vector<GoalSwitch> AnalyseSwitches(const std::vector<GoalPhase>& phases, int64_t steps_per_epoch,
                                        const std::vector<EpochRecord>& series);

}  // namespace modlab
