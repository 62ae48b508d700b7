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
  for (size_t i = 1; i < phases.size() && phases[i].first_step < steps_done; ++i) {
    const int64_t first = phases[i].first_step;
    const int64_t next = i + 1 < phases.size() ? phases[i + 1].first_step : std::numeric_limits<int64_t>::max();
    GoalSwitch change;
    change.epoch = first / steps_per_epoch + 1;
    change.step = first;
    change.goal = {phases[i].goal_index, phases[i].parameters};
    int64_t epochs = 0;
    for (const EpochRecord& record : series) {
      if (record.step <= first) {
        if (const auto level = LevelOf(record)) change.loss_before = level;
        if (record.modularity) change.modularity_before = record.modularity->modularity;
        continue;
      }
      if (record.modularity && !change.modularity_after) {
        change.modularity_after = record.modularity->modularity;
        change.agreement = record.modularity->agreement;
      }
      if (record.step > next) break;
      const auto level = LevelOf(record);
      ++epochs;
      if (!change.loss_after) change.loss_after = level;
      if (change.loss_before && level && !change.recovery_epochs && *level <= kRecovered * *change.loss_before) {
        change.recovery_epochs = epochs;
      }
    }
    switches.push_back(change);
  }
  return switches;
}

}  // namespace modlab
