#include "core/train/goal_schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace modlab {
namespace {

constexpr int64_t kMostPhases = 1000000;

[[noreturn]] void Refuse(const std::string& message) { throw Error(ErrorKind::kInvalidOption, message); }

/// a * b, or the largest number there is.
int64_t SaturatingProduct(int64_t a, int64_t b) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  return a > 0 && b > most / a ? most : a * b;
}

void Check(const GoalScheduleOptions& options) {
  const bool varies = options.schedule != GoalSchedule::kFixed;
  if (options.schedule == GoalSchedule::kVarying && options.goals < 2) {
    Refuse("a schedule of varying goals takes at least 2 goals in turn; it has " + std::to_string(options.goals) + ".");
  }
  if (options.schedule != GoalSchedule::kVarying && options.goals != 1) {
    Refuse("a schedule of one goal has " + std::to_string(options.goals) +
           " goals: take varying goals, or leave all but one out.");
  }
  if (varies && options.period < 1) {
    Refuse("the period of varying goals must be at least 1; it is " + std::to_string(options.period) + ".");
  }
  if (options.warmup_epochs < 0 || options.final_epochs < 0) Refuse("numbers of epochs must not be negative.");
  if (options.final_goal.has_value() != (options.final_epochs > 0)) {
    Refuse("a final goal needs the number of the last epochs that it is for, and such a number a final goal.");
  }
  if (options.final_goal.value_or(0) < 0) Refuse("the final goal's index must not be negative.");
  if (options.schedule == GoalSchedule::kRandomlyVarying && options.distributions.empty()) {
    Refuse("a schedule that redraws parameters needs a distribution of at least one of them, like a~U(0,10).");
  }
  for (const auto* const given : {&options.initial_parameters, &options.final_parameters}) {
    for (const auto& [name, value] : *given) {
      if (!std::isfinite(value)) Refuse("the parameter " + name + " must be a finite number.");
    }
  }
  std::set<std::string> names;
  for (const auto& [name, distribution] : options.distributions) {
    if (!names.insert(name).second) Refuse("the parameter " + name + " has two distributions; leave one out.");
    const std::string fault = FaultOf(distribution);
    if (!fault.empty()) Refuse("the distribution of the parameter " + name + " is wrong: " + fault + ".");
  }
}

bool IsValueOf(const Distribution& distribution, double value) {
  if (distribution.kind == Distribution::Kind::kChoice) {
    return std::find(distribution.values.begin(), distribution.values.end(), value) != distribution.values.end();
  }
  return value >= distribution.low && value <= distribution.high && value != 0 &&
         value == static_cast<double>(static_cast<int64_t>(value));
}

/// Draws parameters that have not been there.
class ParameterSource {
 public:
  ParameterSource(const GoalScheduleOptions& options, uint64_t seed)
      : distributions_(options.distributions), parameters_(options.initial_parameters), random_(seed) {
    for (const auto& [name, distribution] : distributions_) {
      if (parameters_.count(name) == 0) parameters_[name] = distribution.Draw(random_);
    }
    seen_.insert(Drawn());
  }

  const std::map<std::string, double>& parameters() const { return parameters_; }

  /// Refuses a schedule with more redraws than there are values left.
  void CheckSpace(int64_t redraws) const {
    int64_t size = 1;
    bool first_is_drawable = true;
    for (const auto& [name, distribution] : distributions_) {
      const std::optional<int64_t> values = distribution.Size();
      if (!values) return;
      size = SaturatingProduct(size, *values);
      first_is_drawable = first_is_drawable && IsValueOf(distribution, parameters_.at(name));
    }
    const int64_t left = size - (first_is_drawable ? 1 : 0);
    if (redraws <= left) return;
    Refuse("the schedule redraws its parameters " + std::to_string(redraws) +
           " times, never the same twice, and their distributions have only " + std::to_string(left) +
           " different values for that: make the period longer, or the distributions wider.");
  }

  void Redraw() {
    do {
      for (const auto& [name, distribution] : distributions_) parameters_[name] = distribution.Draw(random_);
    } while (!seen_.insert(Drawn()).second);
  }

 private:
  std::vector<double> Drawn() const {
    std::vector<double> values;
    for (const auto& parameter : distributions_) values.push_back(parameters_.at(parameter.name));
    return values;
  }

  const std::vector<ParameterDistribution>& distributions_;
  std::map<std::string, double> parameters_;
  Random random_;
  std::set<std::vector<double>> seen_;
};

}  // namespace

std::vector<GoalPhase> MakeGoalPhases(const GoalScheduleOptions& options, int64_t steps_per_epoch, int64_t total_steps,
                                      uint64_t seed) {
  if (steps_per_epoch < 1 || total_steps < 1) throw std::logic_error("a training run without steps has no goals");
  Check(options);

  const int64_t period = options.period_in_steps ? options.period : SaturatingProduct(options.period, steps_per_epoch);
  const int64_t warmup = SaturatingProduct(options.warmup_epochs, steps_per_epoch);
  const int64_t final_steps = SaturatingProduct(options.final_epochs, steps_per_epoch);
  if (final_steps >= total_steps || warmup > total_steps - final_steps) {
    Refuse("the warm-up of " + std::to_string(options.warmup_epochs) + " and the final goal's " +
           std::to_string(options.final_epochs) + " epochs do not fit into the training run of " +
           std::to_string(total_steps) + " steps, " + std::to_string(steps_per_epoch) + " an epoch.");
  }
  const int64_t end = total_steps - final_steps;

  ParameterSource source(options, seed);
  std::vector<GoalPhase> phases = {{0, 0, source.parameters()}};
  if (options.schedule != GoalSchedule::kFixed) {
    const int64_t first_switch = warmup > 0 ? warmup : period;
    const int64_t switches = first_switch < end ? (end - first_switch - 1) / period + 1 : 0;
    if (switches > kMostPhases) {
      Refuse("the goal changes " + std::to_string(switches) + " times; a schedule may have " +
             std::to_string(kMostPhases) + " changes: make the period longer.");
    }
    const bool redraws = options.schedule == GoalSchedule::kRandomlyVarying;
    if (redraws) source.CheckSpace(switches);
    for (int64_t i = 0; i < switches; ++i) {
      if (redraws) source.Redraw();
      phases.push_back({first_switch + i * period, static_cast<int>((i + 1) % options.goals), source.parameters()});
    }
  }
  if (options.final_goal) {
    std::map<std::string, double> parameters = options.final_parameters;
    parameters.insert(source.parameters().begin(), source.parameters().end());
    phases.push_back({end, *options.final_goal, std::move(parameters)});
  }
  return phases;
}

}  // namespace modlab
