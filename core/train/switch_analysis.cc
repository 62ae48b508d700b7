#include "core/train/switch_analysis.h"

#include <limits>
#include <optional>

namespace modlab {
namespace {

constexpr double kRecovered = 1.1;

std::optional<double> LevelOf(const EpochRecord& record) {
  const auto& performance = record.evaluation ? record.evaluation : record.training;
  if (!performance) return std::nullopt;
  return performance->normalized_loss ? performance->normalized_loss : performance->loss;
}

}  // namespace

std::vector<GoalSwitch> AnalyseSwitches(const std::vector<GoalPhase>& phases, int64_t steps_per_epoch,
                                        const std::vector<EpochRecord>& series) {
  std::vector<GoalSwitch> switches;
  const int64_t steps_done = series.empty() ? 0 : series.back().step;
  size_t record = 0;  // the first one whose steps are not all done before the switch
  std::optional<double> level_before;
  for (size_t i = 1; i < phases.size() && phases[i].first_step < steps_done; ++i) {
    const int64_t first = phases[i].first_step;
    const int64_t next = i + 1 < phases.size() ? phases[i + 1].first_step : std::numeric_limits<int64_t>::max();
    GoalSwitch change;
    change.epoch = first / steps_per_epoch + 1;
    change.step = first;
    change.goal = {phases[i].goal_index, phases[i].parameters};
    for (; record < series.size() && series[record].step <= first; ++record) {
      if (const auto level = LevelOf(series[record])) level_before = level;
      if (series[record].modularity) change.modularity_before = series[record].modularity->modularity;
    }
    change.loss_before = level_before;
    for (size_t after = record; after < series.size() && series[after].step <= next; ++after) {
      const auto level = LevelOf(series[after]);
      const auto& modularity = series[after].modularity;
      if (!change.loss_after) change.loss_after = level;
      if (level_before && level && !change.recovery_epochs && *level <= kRecovered * *level_before) {
        change.recovery_epochs = static_cast<int64_t>(after - record) + 1;
      }
      if (modularity && !change.modularity_after) {
        change.modularity_after = modularity->modularity;
        change.agreement = modularity->agreement;
      }
    }
    switches.push_back(change);
  }
  return switches;
}

}  // namespace modlab
