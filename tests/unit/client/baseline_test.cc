#include "client/experiments/baseline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace modlab::client {
namespace {

const v1::TrainSpec& TrainingOf(const v1::ExperimentSpec& spec, const std::string& step) {
  for (const v1::ExperimentStep& candidate : spec.steps()) {
    if (candidate.name() == step) return candidate.job().train();
  }
  ADD_FAILURE() << "there is no step " << step;
  return v1::TrainSpec::default_instance();
}

TEST(Baseline, GoalsSwitchHoweverShortTheTrainingIs) {
  for (const BaselineSize& size : {SmallBaseline(), SeedBaseline()}) {
    for (const double factor : {1e-9, 0.001, 0.0049, 0.0074, 0.0075, 0.01, 0.0125, 0.0374, 0.1, 0.3, 1.0, 10.0}) {
      const v1::ExperimentSpec spec = BaselineExperiment(ScaledEpochs(size, factor), {}, 1);
      for (const char* step : {"whole_mvg", "whole_rmvg"}) {
        SCOPED_TRACE(fmt::format("{} of {} units by {}", step, size.image_units, factor));
        const v1::TrainSpec& train = TrainingOf(spec, step);
        const v1::GoalSchedule& schedule = train.schedule();
        EXPECT_GE(schedule.period_epochs(), 1);
        EXPECT_GE(schedule.warmup_epochs(), 1);
        EXPECT_GE(train.epochs(), schedule.warmup_epochs() + 2 * schedule.period_epochs() + schedule.final_epochs());
      }
      EXPECT_EQ(TrainingOf(spec, "whole_fixed").epochs(), TrainingOf(spec, "whole_mvg").epochs());
    }
  }
}

TEST(Baseline, AFactorIsOfAllEpochsButThoseOfTheParts) {
  const BaselineSize size = ScaledEpochs(SmallBaseline(), 0.1);
  EXPECT_EQ(size.whole_epochs, 20);
  EXPECT_EQ(size.composed_epochs, 8);
  EXPECT_EQ(size.warmup_epochs, 4);
  EXPECT_EQ(size.period_epochs, 1);
  EXPECT_EQ(size.classifier_epochs, SmallBaseline().classifier_epochs);
  EXPECT_EQ(size.adder_epochs, SmallBaseline().adder_epochs);
}

}  // namespace
}  // namespace modlab::client
