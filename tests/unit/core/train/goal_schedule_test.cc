#include "core/train/goal_schedule.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

/// The seed study's: a = b = 1 until epoch 100, then both from U(0,10) every 10 epochs until 500.
GoalScheduleOptions SeedStudy() {
  GoalScheduleOptions options;
  options.schedule = GoalSchedule::kRandomlyVarying;
  options.period = 10;
  options.warmup_epochs = 100;
  options.initial_parameters = {{"a", 1}, {"b", 1}};
  options.distributions = {ParseDistribution("a~U(0,10)"), ParseDistribution("b~U(0,10)")};
  return options;
}

GoalScheduleOptions Varying(int goals) {
  GoalScheduleOptions options;
  options.schedule = GoalSchedule::kVarying;
  options.goals = goals;
  options.period = 20;
  return options;
}

std::string ScheduleError(const GoalScheduleOptions& options, int64_t steps_per_epoch = 10,
                          int64_t total_steps = 1000) {
  try {
    MakeGoalPhases(options, steps_per_epoch, total_steps, 0);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
    return error.what();
  }
  return "";
}

std::vector<int64_t> FirstSteps(const std::vector<GoalPhase>& phases) {
  std::vector<int64_t> steps;
  for (const GoalPhase& phase : phases) steps.push_back(phase.first_step);
  return steps;
}

std::vector<int> Goals(const std::vector<GoalPhase>& phases) {
  std::vector<int> goals;
  for (const GoalPhase& phase : phases) goals.push_back(phase.goal_index);
  return goals;
}

TEST(MakeGoalPhases, HasOnePhaseOfAFixedGoal) {
  GoalScheduleOptions options;
  options.initial_parameters = {{"a", 2}};
  options.warmup_epochs = 3;
  const std::vector<GoalPhase> phases = MakeGoalPhases(options, 10, 1000, 0);
  ASSERT_EQ(phases.size(), 1);
  EXPECT_EQ(phases[0].first_step, 0);
  EXPECT_EQ(phases[0].goal_index, 0);
  EXPECT_EQ(phases[0].parameters, options.initial_parameters);
}

TEST(MakeGoalPhases, TakesVaryingGoalsInTurn) {
  GoalScheduleOptions options = Varying(3);
  std::vector<GoalPhase> phases = MakeGoalPhases(options, 10, 1000, 0);
  EXPECT_EQ(FirstSteps(phases), (std::vector<int64_t>{0, 200, 400, 600, 800}));
  EXPECT_EQ(Goals(phases), (std::vector<int>{0, 1, 2, 0, 1}));

  options.period_in_steps = true;
  options.period = 300;
  phases = MakeGoalPhases(options, 10, 1000, 0);
  EXPECT_EQ(FirstSteps(phases), (std::vector<int64_t>{0, 300, 600, 900}));
  EXPECT_EQ(FirstSteps(MakeGoalPhases(options, 10, 301, 0)), (std::vector<int64_t>{0, 300}));
  EXPECT_EQ(FirstSteps(MakeGoalPhases(options, 10, 300, 0)), (std::vector<int64_t>{0}));
}

TEST(MakeGoalPhases, BeginsWithAWarmupAndEndsWithAFinalGoal) {
  GoalScheduleOptions options = Varying(2);
  options.warmup_epochs = 50;
  options.final_goal = 5;
  options.final_epochs = 15;
  options.initial_parameters = {{"a", 1}, {"b", 2}};
  options.final_parameters = {{"a", 7}};
  const std::vector<GoalPhase> phases = MakeGoalPhases(options, 10, 1000, 0);
  EXPECT_EQ(FirstSteps(phases), (std::vector<int64_t>{0, 500, 700, 850}));
  EXPECT_EQ(Goals(phases), (std::vector<int>{0, 1, 0, 5}));
  EXPECT_EQ(phases[2].parameters.at("a"), 1);
  EXPECT_EQ(phases[3].parameters, (std::map<std::string, double>{{"a", 7}, {"b", 2}}));
}

TEST(MakeGoalPhases, RedrawsParametersAsTheSeedStudyDid) {
  const std::vector<GoalPhase> phases = MakeGoalPhases(SeedStudy(), 7, 3500, 11);
  ASSERT_EQ(phases.size(), 41);
  EXPECT_EQ(phases[0].first_step, 0);
  EXPECT_EQ(phases[0].parameters, (std::map<std::string, double>{{"a", 1}, {"b", 1}}));
  std::set<std::map<std::string, double>> seen;
  for (size_t i = 1; i < phases.size(); ++i) {
    EXPECT_EQ(phases[i].first_step, 700 + 70 * static_cast<int64_t>(i - 1));
    EXPECT_EQ(phases[i].goal_index, 0);
    EXPECT_TRUE(seen.insert(phases[i].parameters).second);
    for (const auto& [name, value] : phases[i].parameters) {
      EXPECT_GE(value, 0);
      EXPECT_LT(value, 10);
    }
  }
}

TEST(MakeGoalPhases, DependsOnTheSeedOnly) {
  const auto parameters = [](uint64_t seed) {
    std::vector<std::map<std::string, double>> all;
    for (const GoalPhase& phase : MakeGoalPhases(SeedStudy(), 7, 3500, seed)) all.push_back(phase.parameters);
    return all;
  };
  EXPECT_EQ(parameters(1), parameters(1));
  EXPECT_NE(parameters(1), parameters(2));
}

TEST(MakeGoalPhases, DrawsWhatHasNoValueAtTheBeginning) {
  GoalScheduleOptions options = SeedStudy();
  options.initial_parameters = {{"b", 1}, {"c", 4}};
  const std::vector<GoalPhase> phases = MakeGoalPhases(options, 7, 3500, 1);
  EXPECT_NE(phases[0].parameters.at("a"), phases[1].parameters.at("a"));
  EXPECT_EQ(phases[0].parameters.at("b"), 1);
  for (const GoalPhase& phase : phases) EXPECT_EQ(phase.parameters.at("c"), 4);
  options.schedule = GoalSchedule::kFixed;
  EXPECT_EQ(MakeGoalPhases(options, 7, 3500, 1)[0].parameters, phases[0].parameters);
}

TEST(MakeGoalPhases, NeverDrawsTheSameTaskTwice) {
  // 2 * 3 values; the first one is one of them.
  GoalScheduleOptions options = SeedStudy();
  options.distributions = {ParseDistribution("a~I(-1,1)"), ParseDistribution("b~C(1,2,3)")};
  options.warmup_epochs = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<GoalPhase> phases = MakeGoalPhases(options, 1, 60, seed);
    ASSERT_EQ(phases.size(), 6);
    std::set<std::map<std::string, double>> seen;
    for (const GoalPhase& phase : phases) EXPECT_TRUE(seen.insert(phase.parameters).second);
  }
}

TEST(MakeGoalPhases, RefusesASpaceThatIsTooSmall) {
  GoalScheduleOptions options = SeedStudy();
  options.distributions = {ParseDistribution("a~I(-1,1)"), ParseDistribution("b~C(1,2,3)")};
  options.warmup_epochs = 0;
  EXPECT_EQ(ScheduleError(options, 1, 61),
            "the schedule redraws its parameters 6 times, never the same twice, and their distributions have only 5 "
            "different values for that: make the period longer, or the distributions wider.");
  options.initial_parameters = {{"a", 0}, {"b", 1}};  // cannot be drawn
  EXPECT_EQ(ScheduleError(options, 1, 61), "");
  EXPECT_NE(ScheduleError(options, 1, 71), "");
  options.final_goal = 0;
  options.final_epochs = 10;
  EXPECT_EQ(ScheduleError(options, 1, 71), "");
  options.distributions.push_back(ParseDistribution("c~N(0,1)"));
  EXPECT_EQ(ScheduleError(options, 1, 100000), "");
}

TEST(MakeGoalPhases, RefusesWhatMakesNoSense) {
  const auto expect_error = [](GoalScheduleOptions options, const std::string& part, auto change) {
    change(options);
    EXPECT_NE(ScheduleError(options).find(part), std::string::npos) << ScheduleError(options);
  };
  expect_error(Varying(1), "at least 2 goals", [](auto&) {});
  expect_error({}, "of one goal has 2", [](auto& options) { options.goals = 2; });
  expect_error(Varying(2), "period of varying goals must be at least 1", [](auto& options) { options.period = 0; });
  expect_error(Varying(2), "must not be negative", [](auto& options) { options.warmup_epochs = -1; });
  expect_error({}, "a final goal needs", [](auto& options) { options.final_goal = 1; });
  expect_error({}, "a final goal needs", [](auto& options) { options.final_epochs = 1; });
  expect_error({}, "index must not be negative", [](auto& options) {
    options.final_goal = -1;
    options.final_epochs = 1;
  });
  expect_error(SeedStudy(), "needs a distribution", [](auto& options) { options.distributions.clear(); });
  expect_error(SeedStudy(), "a has two distributions",
               [](auto& options) { options.distributions.push_back(options.distributions[0]); });
  expect_error(SeedStudy(), "of the parameter a is wrong: the lower bound",
               [](auto& options) { options.distributions[0].distribution.high = -1; });
  expect_error(SeedStudy(), "b must be a finite number",
               [](auto& options) { options.initial_parameters["b"] = std::numeric_limits<double>::quiet_NaN(); });
  expect_error(SeedStudy(), "do not fit into the training run of 1000 steps",
               [](auto& options) { options.warmup_epochs = 101; });
  expect_error(SeedStudy(), "do not fit", [](auto& options) {
    options.warmup_epochs = std::numeric_limits<int64_t>::max();
    options.final_epochs = 1;
    options.final_goal = 0;
  });
  GoalScheduleOptions often = Varying(2);
  often.period = 1;
  EXPECT_NE(ScheduleError(often, 1, 2000000).find("the goal changes 1999999 times"), std::string::npos);
  EXPECT_THROW(MakeGoalPhases({}, 0, 10, 0), std::logic_error);
}

}  // namespace
}  // namespace modlab
