#include "client/figures/training_figure.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/client/plots/svg_reading.h"
#include "tests/unit/client/sample_comparison.h"

namespace modlab::client {
namespace {

/// Four epochs of ten steps, and a switch after so many steps.
v1::Job TrainedJob(int switch_step) {
  v1::Job job;
  v1::TrainResult& train = *job.mutable_result()->mutable_train();
  for (int epoch = 0; epoch <= 4; ++epoch) {
    v1::EpochRecord& record = *train.add_series();
    record.set_epoch(epoch);
    record.set_step(10 * epoch);
    record.mutable_goal()->set_expression("y1");
    record.set_evaluation_loss(1 + epoch % 2);
  }
  v1::GoalSwitch& change = *train.add_switches();
  change.set_step(switch_step);
  change.set_epoch(switch_step / 10 + 1);
  change.mutable_goal()->set_expression("y2");
  return job;
}

/// Where the line of the switch stands, in epochs.
double SwitchOf(const v1::Job& job) {
  const plots::SvgReading svg(DrawTraining(job, "training", "t"));
  std::set<double> epochs;
  for (const plots::SvgElement& point : svg.Named("circle")) epochs.insert(point.Number("cx"));
  const auto lines = svg.WithClass("ml-switch");
  EXPECT_EQ(epochs.size(), 5U);
  EXPECT_EQ(lines.size(), 1U);
  const double first = *epochs.begin();
  const double last = *epochs.rbegin();
  return 4 * (lines.at(0).Number("x1") - first) / (last - first);
}

TEST(TrainingFigure, ASwitchStandsWhereTheEpochBeforeEnds) {
  EXPECT_NEAR(SwitchOf(TrainedJob(20)), 2, 0.01) << "the third epoch is the first with the new goal";
  EXPECT_NEAR(SwitchOf(TrainedJob(25)), 2.5, 0.01) << "in the middle of the third epoch";
}

TEST(ComparisonFigure, IsOfTheMainMethodAndOfHowWellNetworksDo) {
  EXPECT_EQ(MeasuresToDraw(TwoNetworks(v1::Partition::LEIDEN, "Leiden, resolution 0.5")),
            (std::vector<std::string>{"Leiden, resolution 0.5: Q", "accuracy"}));
  v1::CompareScoresResponse comparison = TwoModels();
  AddPartition(comparison, 0, v1::Partition::SPECTRAL, "spectral, best k of 2 to 16", 0.5);
  AddPartition(comparison, 0, v1::Partition::PLANTED, "planted", 0.5);
  EXPECT_EQ(MeasuresToDraw(comparison),
            (std::vector<std::string>{"Leiden: Q", "planted: Q", "accuracy", "spectral, k = 8: Q"}));
}

TEST(ComparisonFigure, DrawsTheIntervalsOfTheAnswer) {
  v1::CompareScoresResponse comparison = TwoNetworks();
  comparison.set_confidence(0.5);
  const plots::SvgReading svg(DrawComparison(comparison, {"Leiden: Q"}, "title", "c"));
  EXPECT_EQ(svg.CountWithClass("ml-interval"), 2U);
  const std::string text = svg.Named("desc").front().text;
  EXPECT_NE(text.find("The first, width = 3: Leiden: Q 0.4375 [0.375, 0.5]."), std::string::npos) << text;
  EXPECT_NE(svg.ShownText().find("mean and its 50% interval"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
