#include "core/train/switch_analysis.h"

#include <gtest/gtest.h>

namespace modlab {
namespace {

/// A series of these normalised losses, from epoch 1 on, ten steps each.
std::vector<EpochRecord> Series(const std::vector<double>& losses) {
  std::vector<EpochRecord> series(1);
  for (size_t i = 0; i < losses.size(); ++i) {
    EpochRecord record;
    record.epoch = static_cast<int64_t>(i) + 1;
    record.step = 10 * record.epoch;
    record.training.emplace();
    record.training->loss = 100;
    record.training->normalized_loss = losses[i];
    series.push_back(record);
  }
  return series;
}

GoalPhase Phase(int64_t step, int goal) {
  GoalPhase phase;
  phase.first_step = step;
  phase.goal_index = goal;
  return phase;
}

TEST(AnalyseSwitches, CountsEpochsUntilTheLossIsBackWithinATenth) {
  const auto switches = AnalyseSwitches({Phase(0, 0), Phase(30, 1)}, 10, Series({1, 0.5, 0.2, 0.9, 0.4, 0.22, 0.1}));
  ASSERT_EQ(switches.size(), 1U);
  EXPECT_EQ(switches[0].epoch, 4);
  EXPECT_EQ(switches[0].step, 30);
  EXPECT_EQ(switches[0].goal.goal, 1);
  EXPECT_EQ(switches[0].loss_before, 0.2);
  EXPECT_EQ(switches[0].loss_after, 0.9);
  EXPECT_EQ(switches[0].recovery_epochs, 3) << "0.22 is just within";
}

TEST(AnalyseSwitches, AGoalThatLeavesBeforeItIsLearnedHasNotRecovered) {
  const auto switches =
      AnalyseSwitches({Phase(0, 0), Phase(20, 1), Phase(40, 0)}, 10, Series({1, 0.1, 0.9, 0.8, 0.05, 0.05}));
  ASSERT_EQ(switches.size(), 2U);
  EXPECT_FALSE(switches[0].recovery_epochs);
  EXPECT_EQ(switches[1].loss_before, 0.8);
  EXPECT_EQ(switches[1].recovery_epochs, 1);
}

TEST(AnalyseSwitches, HaveTheModularityThatWasLastMeasuredWithTheGoalsBeforeAndAfter) {
  std::vector<EpochRecord> series = Series({1, 1, 1, 1, 1, 1});
  for (const int epoch : {0, 1, 4, 5}) series[epoch].modularity.emplace().modularity = 0.1 * epoch;
  series[4].modularity->agreement = 0.7;
  series[5].modularity->agreement = 0.9;
  const auto switches = AnalyseSwitches({Phase(0, 0), Phase(20, 1), Phase(30, 2), Phase(50, 0)}, 10, series);
  ASSERT_EQ(switches.size(), 3U);
  EXPECT_EQ(switches[0].modularity_before, 0.1);
  EXPECT_FALSE(switches[0].modularity_after) << "none was measured while it stayed";
  EXPECT_FALSE(switches[1].modularity_before);
  EXPECT_EQ(switches[1].modularity_after, 0.4);
  EXPECT_EQ(switches[1].agreement, 0.7);
  EXPECT_EQ(switches[2].modularity_before, 0.5);
  EXPECT_FALSE(switches[2].modularity_after);
}

TEST(AnalyseSwitches, WhatHasNotComeIsLeftOut) {
  EXPECT_EQ(AnalyseSwitches({Phase(0, 0), Phase(20, 1), Phase(200, 0)}, 10, Series({1, 1, 1})).size(), 1U);
  EXPECT_TRUE(AnalyseSwitches({Phase(0, 0)}, 10, Series({1, 1})).empty());
}

TEST(AnalyseSwitches, EvaluatedSamplesCountBeforeThoseThatWereLearned) {
  std::vector<EpochRecord> series = Series({1, 1, 1});
  for (EpochRecord& record : series) {
    record.evaluation.emplace();
    record.evaluation->loss = 7 + static_cast<double>(record.epoch);
  }
  const auto switches = AnalyseSwitches({Phase(0, 0), Phase(10, 1)}, 10, series);
  EXPECT_EQ(switches[0].loss_before, 8);
  EXPECT_EQ(switches[0].loss_after, 9);
}

}  // namespace
}  // namespace modlab
