// Against formulas; tests/oracle/train compares with torch's schedulers.
#include "core/train/learning_rate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/error.h"

namespace modlab {
namespace {

using Kind = LearningRateSchedule::Kind;

LearningRateSchedule Make(Kind kind) {
  LearningRateSchedule schedule;
  schedule.kind = kind;
  return schedule;
}

TEST(LearningRate, IsConstantAfterItsWarmUp) {
  LearningRateSchedule schedule;
  EXPECT_EQ(LearningRateAt(schedule, 0.1, 0, 10), 0.1);
  schedule.warmup_steps = 4;
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 0.8, 0, 10), 0.2);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 0.8, 2, 10), 0.6);
  EXPECT_EQ(LearningRateAt(schedule, 0.8, 3, 10), 0.8);
  EXPECT_EQ(LearningRateAt(schedule, 0.8, 4, 10), 0.8);
  EXPECT_EQ(LearningRateAt(schedule, 0.8, 99, 10), 0.8);
}

TEST(LearningRate, FallsInSteps) {
  LearningRateSchedule schedule = Make(Kind::kStep);
  schedule.step_size = 3;
  schedule.gamma = 0.5;
  schedule.warmup_steps = 2;
  EXPECT_EQ(LearningRateAt(schedule, 8, 2, 20), 8);
  EXPECT_EQ(LearningRateAt(schedule, 8, 4, 20), 8);
  EXPECT_EQ(LearningRateAt(schedule, 8, 5, 20), 4);
  EXPECT_EQ(LearningRateAt(schedule, 8, 8, 20), 2);
}

TEST(LearningRate, FollowsACosineToItsMinimum) {
  LearningRateSchedule schedule = Make(Kind::kCosine);
  schedule.minimum = 0.2;
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 1, 0, 12), 1);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 1, 6, 12), 0.6);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 1, 4, 12), 0.8);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 1, 12, 12), 0.2);
  EXPECT_DOUBLE_EQ(LearningRateAt(schedule, 1, 100, 12), 0.2);
}

TEST(LearningRate, RisesAndFallsInOneCycle) {
  LearningRateSchedule schedule = Make(Kind::kOneCycle);
  schedule.rising_part = 0.25;
  EXPECT_NEAR(LearningRateAt(schedule, 1, 0, 20), 1.0 / 25, 1e-15);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 2, 20), (1 + 1.0 / 25) / 2, 1e-15);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 4, 20), 1, 1e-15);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 19, 20), 1.0 / 25 / 1e4, 1e-15);
  EXPECT_NEAR(LearningRateAt(schedule, 1, 50, 20), 1.0 / 25 / 1e4, 1e-15);
}

TEST(LearningRate, IsFiniteInCyclesOfAnyShape) {
  LearningRateSchedule schedule = Make(Kind::kOneCycle);
  for (const double part : {0.0, 0.1, 0.5, 1.0}) {
    schedule.rising_part = part;
    for (int64_t total = 1; total < 12; ++total) {
      for (int64_t step = 0; step <= total; ++step) {
        const double rate = LearningRateAt(schedule, 1, step, total);
        EXPECT_GT(rate, 0) << part << " of " << total;
        EXPECT_LE(rate, 1);
      }
    }
  }
}

void ExpectRefused(const LearningRateSchedule& schedule, double base, int64_t total_steps, const std::string& option) {
  try {
    CheckLearningRateSchedule(schedule, base, total_steps);
    ADD_FAILURE() << option << " was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
    EXPECT_EQ(error.metadata().at("option"), option);
  }
}

TEST(LearningRateCheck, RefusesWhatIsOutOfRange) {
  for (const Kind kind : {Kind::kConstant, Kind::kStep, Kind::kCosine, Kind::kOneCycle}) {
    EXPECT_NO_THROW(CheckLearningRateSchedule(Make(kind), 0.1, 10));
    ExpectRefused(Make(kind), -1, 10, "base rate");
    ExpectRefused(Make(kind), std::nan(""), 10, "base rate");
    ExpectRefused(Make(kind), 1, 0, "number of steps");
  }
  const auto refused = [](Kind kind, auto field, auto value, const char* name) {
    LearningRateSchedule schedule = Make(kind);
    schedule.*field = value;
    ExpectRefused(schedule, 0.1, 10, name);
  };
  refused(Kind::kConstant, &LearningRateSchedule::warmup_steps, 10, "warmup_steps");
  refused(Kind::kOneCycle, &LearningRateSchedule::warmup_steps, 1, "warmup_steps");
  refused(Kind::kStep, &LearningRateSchedule::step_size, 0, "step_size");
  refused(Kind::kStep, &LearningRateSchedule::gamma, 0, "gamma");
  refused(Kind::kCosine, &LearningRateSchedule::minimum, -1, "minimum");
  refused(Kind::kOneCycle, &LearningRateSchedule::rising_part, 1.5, "rising_part");
  refused(Kind::kOneCycle, &LearningRateSchedule::initial_divisor, 0, "initial_divisor");
  refused(Kind::kOneCycle, &LearningRateSchedule::final_divisor, std::nan(""), "final_divisor");
}

}  // namespace
}  // namespace modlab
