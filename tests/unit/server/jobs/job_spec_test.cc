#include "server/jobs/job_spec.h"

#include <gtest/gtest.h>

#include <limits>

#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using modlab::v1::GraphOptions;
using modlab::v1::JobSpec;
using modlab::v1::Model;

class JobSpecTest : public testing::Test {
 protected:
  JobSpecTest() {
    model_.set_name("models/m");
    model_.set_state(Model::READY);
    model_.mutable_inspection()->mutable_graph()->set_units(106);
    model_.mutable_inspection()->add_input_shapes()->add_dimensions(64);
    spec_.mutable_score()->set_model("models/m");
    spec_.mutable_score()->add_partitions()->mutable_spectral()->set_clusters(8);
  }

  void Resolve() {
    ResolveSpec(
        limits_, [&](const std::string&, const std::string&) { return model_; }, &spec_);
  }
  /// The field that the spec is refused for.
  std::string Refused() {
    try {
      Resolve();
      return "accepted";
    } catch (const RequestError& error) {
      return error.field();
    }
  }
  modlab::v1::SpectralSpec& spectral() { return *spec_.mutable_score()->mutable_partitions(0)->mutable_spectral(); }

  Limits limits_;
  Model model_;
  JobSpec spec_;
};

TEST_F(JobSpecTest, FillsInEveryDefault) {
  Resolve();
  EXPECT_TRUE(spec_.has_seed());
  EXPECT_EQ(spec_.resources().threads(), limits_.threads_per_worker);
  EXPECT_EQ(spec_.resources().memory_bytes(), limits_.default_memory_bytes);
  EXPECT_EQ(spec_.resources().wall_time().seconds(), 3600);
  EXPECT_EQ(spec_.score().graph().kernel_norm(), GraphOptions::L1);
  EXPECT_TRUE(spec_.score().graph().fold_batch_norm());
  EXPECT_EQ(spectral().restarts(), 100);
  EXPECT_EQ(spec_.score().resolution(), 1);
  ASSERT_EQ(spec_.score().input_shapes_size(), 1);
  EXPECT_EQ(spec_.score().input_shapes(0).dimensions(0), 64);
}

TEST_F(JobSpecTest, KeepsWhatIsGiven) {
  spec_.set_seed(7);
  spec_.mutable_resources()->mutable_wall_time()->set_nanos(500'000'000);
  spec_.mutable_score()->mutable_graph()->set_fold_batch_norm(false);
  spec_.mutable_score()->set_resolution(0.5);
  Resolve();
  EXPECT_EQ(spec_.seed(), 7U);
  EXPECT_EQ(spec_.resources().wall_time().seconds(), 0);
  EXPECT_EQ(spec_.resources().wall_time().nanos(), 500'000'000);
  EXPECT_FALSE(spec_.score().graph().fold_batch_norm());
  EXPECT_EQ(spec_.score().resolution(), 0.5);
}

TEST_F(JobSpecTest, NamesTheFieldAtFault) {
  const std::string clusters = "job.spec.score.partitions[0].spectral.clusters";
  for (const int k : {-1, 0, 1, 107}) {
    spectral().set_clusters(k);
    EXPECT_EQ(Refused(), clusters) << k;
  }
  spectral().clear_clusters();
  EXPECT_EQ(Refused(), clusters);
  spectral().set_clusters(106);
  spectral().set_restarts(0);
  EXPECT_EQ(Refused(), "job.spec.score.partitions[0].spectral.restarts");
  spectral().set_restarts(1);
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    spec_.mutable_score()->set_resolution(bad);
    EXPECT_EQ(Refused(), "job.spec.score.resolution");
  }
  spec_.mutable_score()->set_resolution(1);
  spec_.mutable_score()->mutable_graph()->set_kernel_norm(static_cast<GraphOptions::KernelNorm>(99));
  EXPECT_EQ(Refused(), "job.spec.score.graph.kernel_norm");
  spec_.mutable_score()->clear_graph();
  spec_.mutable_resources()->set_threads(1000);
  EXPECT_EQ(Refused(), "job.spec.resources.threads");
  spec_.clear_resources();
  spec_.mutable_score()->clear_partitions();
  EXPECT_EQ(Refused(), "job.spec.score.partitions");
  spec_.mutable_score()->clear_model();
  EXPECT_EQ(Refused(), "job.spec.score.model");
  spec_.clear_score();
  EXPECT_EQ(Refused(), "job.spec");
}

TEST_F(JobSpecTest, RefusesUnusableModelsWithTheReason) {
  model_.set_state(Model::UNUSABLE);
  model_.mutable_error()->set_message("it crashed");
  try {
    Resolve();
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_EQ(error.reason(), modlab::v1::MODEL_UNUSABLE);
    EXPECT_NE(std::string(error.what()).find("it crashed"), std::string::npos);
  }
}

TEST_F(JobSpecTest, RefusesBadShapesAndLabels) {
  spec_.mutable_score()->add_input_shapes()->add_dimensions(0);
  EXPECT_EQ(Refused(), "job.spec.score.input_shapes[0]");
  google::protobuf::Map<std::string, std::string> labels;
  labels[""] = "x";
  EXPECT_THROW(CheckLabels(labels, "l"), RequestError);
  labels.clear();
  labels["k"] = std::string(64, 'v');
  EXPECT_THROW(CheckLabels(labels, "l"), RequestError);
  labels["k"] = std::string(63, 'v');
  CheckLabels(labels, "l");
}

}  // namespace
}  // namespace modlab::server
