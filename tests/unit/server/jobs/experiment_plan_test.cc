#include "server/jobs/experiment_plan.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using modlab::v1::ExperimentSpec;

ExperimentSpec Parse(const std::string& json) {
  ExperimentSpec spec;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &spec);
  EXPECT_TRUE(status.ok()) << status.message();
  return spec;
}

const std::string kNet =
    R"({"name": "net", "job": {"build": {"inputShape": [4], "layers": [{"linear": {"outputs": 3}}]}}})";
const std::string kTrained = R"({"name": "trained", "job": {"train": {"model": "steps/net", "data": "datasets/a"}}})";
const std::string kScore = R"({"name": "score", "job": {"score": {"model": "steps/trained"}}})";

std::string Steps(const std::string& steps, const std::string& axes = "") {
  return R"({"steps": [)" + steps + R"(], "axes": [)" + axes + "]}";
}

std::string FieldOfRefusal(const std::string& json) {
  try {
    PlanExperiment(Parse(json));
  } catch (const RequestError& error) {
    return error.field();
  }
  return "taken";
}

TEST(ExperimentPlan, MakersComeBeforeWhatWorksOnThem) {
  const auto plan = PlanExperiment(Parse(Steps(kScore + "," + kTrained + "," + kNet)));
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan[0].step, 2);
  EXPECT_EQ(plan[1].step, 1);
  EXPECT_EQ(plan[2].step, 0);
  EXPECT_EQ(plan[1].makers, (std::map<std::string, int>{{"steps/net", 0}}));
  EXPECT_EQ(plan[2].makers, (std::map<std::string, int>{{"steps/trained", 1}}));
}

TEST(ExperimentPlan, WhatAnAxisDoesNotReachIsDoneOnce) {
  const std::string rates = R"({"name": "rate", "field": "train.learningRate.rate", "values": [0.1, 0.01, 0.001]})";
  const auto plan = PlanExperiment(Parse(Steps(kNet + "," + kTrained + "," + kScore, rates)));
  ASSERT_EQ(plan.size(), 7u);
  EXPECT_TRUE(plan[0].values.empty());
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(plan[1 + i].makers.at("steps/net"), 0);
    EXPECT_DOUBLE_EQ(plan[1 + i].spec.train().learning_rate().rate(), std::vector<double>({0.1, 0.01, 0.001})[i]);
    EXPECT_EQ(plan[4 + i].makers.at("steps/trained"), static_cast<int>(1 + i));
    EXPECT_EQ(plan[4 + i].values, plan[1 + i].values);
  }
}

TEST(ExperimentPlan, AxesAreCombinedWhereTheyMeet) {
  const std::string compose = R"({"name": "both", "job": {"compose": {"parts": ["steps/left", "steps/right"]}}})";
  const std::string left =
      R"({"name": "left", "job": {"build": {"inputShape": [4], "layers": [{"linear": {"outputs": 3}}]}}})";
  const std::string right =
      R"({"name": "right", "job": {"build": {"inputShape": [4], "layers": [{"linear": {"outputs": 3}}]}}})";
  const std::string axes =
      R"({"name": "l", "field": "seed", "steps": ["left"], "values": [1, 2]},)"
      R"({"name": "r", "field": "build.layers[0].linear.outputs", "steps": ["right"], "values": [5, 6, 7]})";
  const auto plan = PlanExperiment(Parse(Steps(left + "," + right + "," + compose, axes)));
  ASSERT_EQ(plan.size(), 2u + 3u + 6u);
  for (size_t i = 5; i < 11; ++i) {
    const PlannedJob& left_job = plan[static_cast<size_t>(plan[i].makers.at("steps/left"))];
    const PlannedJob& right_job = plan[static_cast<size_t>(plan[i].makers.at("steps/right"))];
    EXPECT_EQ(left_job.values.at("l"), plan[i].values.at("l"));
    EXPECT_EQ(right_job.values.at("r"), plan[i].values.at("r"));
    EXPECT_EQ(std::to_string(right_job.spec.build().layers(0).linear().outputs()), plan[i].values.at("r"));
  }
}

TEST(ExperimentPlan, SeedsAreOfAllSteps) {
  const auto plan = PlanExperiment(
      Parse(Steps(kNet + "," + kTrained, R"({"name": "seed", "field": "seed", "values": [3, 4], "repeats": true})")));
  ASSERT_EQ(plan.size(), 4u);
  for (const PlannedJob& job : plan) EXPECT_EQ(std::to_string(job.spec.seed()), job.values.at("seed"));
}

TEST(ExperimentPlan, FieldsMayBeNamedAsInTheProtoAndSetAsAWhole) {
  const auto plan = PlanExperiment(Parse(Steps(
      kNet + "," + kTrained,
      R"({"name": "goal", "field": "train.learning_rate", "values": [{"rate": 0.5}, {"rate": 0.25, "schedule": "COSINE"}]})")));
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_DOUBLE_EQ(plan[2].spec.train().learning_rate().rate(), 0.25);
  EXPECT_EQ(plan[2].spec.train().learning_rate().schedule(), modlab::v1::LearningRateSpec::COSINE);
}

TEST(ExperimentPlan, LongValuesAreNumberedInLabels) {
  const std::string value = "\"" + std::string(100, 'y') + "\"";
  const auto plan = PlanExperiment(
      Parse(Steps(kNet + "," + kTrained, R"({"name": "g", "field": "train.displayName", "values": [)" + value + "]}")));
  EXPECT_EQ(LabelOfValue(plan[1].values.at("g")), "value 1");
  EXPECT_EQ(plan[1].spec.train().display_name(), std::string(100, 'y'));
  EXPECT_EQ(LabelOfValue("\"text\""), "text");
  EXPECT_EQ(LabelOfValue("0.25"), "0.25");
}

TEST(ExperimentPlan, RefusalsNameTheField) {
  EXPECT_EQ(FieldOfRefusal(Steps("")), "experiment.spec.steps");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet + "," + kNet)), "experiment.spec.steps[1].name");
  EXPECT_EQ(FieldOfRefusal(Steps(kTrained)), "experiment.spec.steps[0].job.train.model");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet + "," + kTrained, R"({"name": "a", "field": "score.model", "values": [1]})")),
            "experiment.spec.axes[0].field");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "step", "field": "seed", "values": [1]})")),
            "experiment.spec.axes[0].name");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "seed", "values": []})")),
            "experiment.spec.axes[0].values");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "seed", "values": ["x"]})")),
            "experiment.spec.axes[0].values[0]");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "build.nothing", "values": [1]})")),
            "experiment.spec.axes[0].field");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "seed.low", "values": [1]})")),
            "experiment.spec.axes[0].field");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "resources.wallTime.seconds", "values": [1]})")),
            "experiment.spec.axes[0].field");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "seed", "values": [1, 2, 1.0]})")),
            "experiment.spec.axes[0].values[2]");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "build.layers[3].linear", "values": [1]})")),
            "experiment.spec.axes[0].field");
  EXPECT_EQ(FieldOfRefusal(Steps(kNet, R"({"name": "a", "field": "seed", "steps": ["no"], "values": [1]})")),
            "experiment.spec.axes[0].steps[0]");
  const std::string loop = R"({"name": "a", "job": {"train": {"model": "steps/b"}}},)"
                           R"({"name": "b", "job": {"train": {"model": "steps/a"}}})";
  EXPECT_EQ(FieldOfRefusal(Steps(loop)), "experiment.spec.steps");
  std::string many;
  for (int i = 0; i < 600; ++i) many += (i == 0 ? "" : ",") + std::to_string(i);
  EXPECT_EQ(FieldOfRefusal(Steps(kNet + "," + kTrained, R"({"name": "a", "field": "seed", "values": [)" + many + "]}")),
            "experiment.spec.axes");
}

TEST(ExperimentPlan, WhichModelAJobWorksOnMayVary) {
  const std::string other = R"({"name": "other", "job": {"train": {"model": "models/of-mine", "data": "datasets/a"}}})";
  const std::string axes = R"({"name": "of", "field": "score.model", "values": ["steps/trained", "steps/other"]},)"
                           R"({"name": "width", "field": "build.layers[0].linear.outputs", "values": [5, 6]})";
  const auto plan = PlanExperiment(Parse(Steps(kNet + "," + kTrained + "," + other + "," + kScore, axes)));
  // Two networks, two trainings, the other, and the scores of three.
  ASSERT_EQ(plan.size(), 8u);
  using Values = std::map<std::string, std::string>;
  EXPECT_EQ(plan[5].values, (Values{{"of", "\"steps/trained\""}, {"width", "5"}}));
  EXPECT_EQ(plan[5].makers, (std::map<std::string, int>{{"steps/trained", 2}}));
  EXPECT_EQ(plan[6].makers, (std::map<std::string, int>{{"steps/trained", 3}}));
  EXPECT_EQ(plan[7].values, (Values{{"of", "\"steps/other\""}}));
  EXPECT_EQ(plan[7].makers, (std::map<std::string, int>{{"steps/other", 4}}));
  EXPECT_EQ(plan[7].spec.score().model(), "steps/other");
}

TEST(ExperimentPlan, WhatAnAxisPutsInThePlaceOfAStepIsNotWaitedFor) {
  const auto plan = PlanExperiment(Parse(
      Steps(kNet + "," + kTrained, R"({"name": "of", "field": "train.model", "values": ["models/m", "steps/net"]})")));
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_TRUE(plan[1].makers.empty());
  EXPECT_EQ(plan[1].spec.train().model(), "models/m");
  EXPECT_EQ(plan[2].makers, (std::map<std::string, int>{{"steps/net", 0}}));
}

TEST(ExperimentPlan, KeysOfMapsAreTakenAsTheyAre) {
  const auto plan = PlanExperiment(Parse(
      Steps(kNet + "," + kTrained, R"({"name": "a", "field": "train.schedule.initial.w_a", "values": [0.5, 2]})")));
  ASSERT_EQ(plan.size(), 3u);
  const auto& initial = plan[2].spec.train().schedule().initial();
  ASSERT_EQ(initial.size(), 1u);
  EXPECT_EQ(initial.at("w_a"), 2);
}

TEST(ExperimentPlan, SpecsThatWouldFillTheServerAreRefused) {
  std::string seeds;
  for (int i = 0; i < 900; ++i) seeds += (i == 0 ? "" : ",") + std::to_string(i);
  const std::string axis = R"({"name": "seed", "field": "seed", "values": [)" + seeds + "]}";
  const auto named = [](size_t bytes) {
    return R"({"name": "net", "job": {"build": {"displayName": ")" + std::string(bytes, 'x') + "\"}}}";
  };
  EXPECT_EQ(FieldOfRefusal(Steps(named(1000), axis)), "taken");
  EXPECT_EQ(FieldOfRefusal(Steps(named(100'000), axis)), "experiment.spec.axes");
  EXPECT_EQ(FieldOfRefusal(Steps(named(2'000'000))), "experiment.spec");
}

}  // namespace
}  // namespace modlab::server
