#include "client/train_text.h"

#include <gtest/gtest.h>

#include <fstream>

#include "client/errors.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

TEST(TrainText, ParametersVaryAndBegin) {
  v1::GoalSchedule schedule;
  AddVarying("a~U(0,10)", schedule);
  AddInitial("a=2.5", schedule);
  AddInitial("b=-1e-3", schedule);
  EXPECT_EQ(schedule.vary().at("a"), "U(0,10)");
  EXPECT_EQ(schedule.initial().at("a"), 2.5);
  EXPECT_EQ(schedule.initial().at("b"), -1e-3);
  for (const char* text : {"a", "~U(0,1)", "a~"}) EXPECT_THROW(AddVarying(text, schedule), Failure) << text;
  for (const char* text : {"a", "a=", "a=x", "=1"}) EXPECT_THROW(AddInitial(text, schedule), Failure) << text;
}

TEST(TrainText, PeriodsAreEpochsOrSteps) {
  v1::GoalSchedule schedule;
  SetPeriod("10", schedule);
  EXPECT_EQ(schedule.period_epochs(), 10);
  SetPeriod("7epochs", schedule);
  EXPECT_EQ(schedule.period_epochs(), 7);
  EXPECT_FALSE(schedule.has_period_steps());
  SetPeriod("500steps", schedule);
  EXPECT_EQ(schedule.period_steps(), 500);
  for (const char* text : {"", "steps", "ten", "3weeks"}) EXPECT_THROW(SetPeriod(text, schedule), Failure) << text;
}

TEST(TrainText, MasksAreBits) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("mask.txt");
  std::ofstream(path) << "1 0 0 1 0 0 0 0\n0 1\n";
  v1::TrainSpec spec;
  AddMask("fc1.weight=" + path, spec);
  ASSERT_EQ(spec.masks_size(), 1);
  EXPECT_EQ(spec.masks(0).parameter(), "fc1.weight");
  EXPECT_EQ(spec.masks(0).trained(), std::string("\x09\x02"));
  std::ofstream(path) << "1 2\n";
  EXPECT_THROW(AddMask("fc1.weight=" + path, spec), Failure);
  EXPECT_THROW(AddMask("fc1.weight", spec), Failure);
}

}  // namespace
}  // namespace modlab::client
