#include "server/jobs/job_spec.h"

#include <gtest/gtest.h>

#include <limits>

#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using modlab::v1::GraphOptions;
using modlab::v1::JobSpec;
using modlab::v1::Model;
using modlab::v1::ScoreSpec;

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
        limits_, [&](const std::string&, const std::string&) { return model_; },
        [&](const std::string&, const std::string&) { return data_; }, &spec_);
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
  modlab::v1::Dataset data_;
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

TEST_F(JobSpecTest, FillsInWhatAPresetHas) {
  ScoreSpec& score = *spec_.mutable_score();
  score.clear_partitions();
  score.set_preset(modlab::v1::PRESET_FILAN);
  score.mutable_graph()->set_kernel_norm(GraphOptions::L2);  // what is given stays
  Resolve();
  EXPECT_EQ(score.graph().kernel_norm(), GraphOptions::L2);
  EXPECT_FALSE(score.graph().fold_batch_norm());
  EXPECT_EQ(score.graph().cnn_layers(), GraphOptions::CONVOLUTION_OUTPUTS);
  EXPECT_EQ(score.graph().normalization(), GraphOptions::NONE);
  // Depends on the network: the worker fills it in.
  ASSERT_EQ(score.partitions_size(), 1);
  EXPECT_TRUE(spectral().has_clusters() == false && spectral().has_restarts() == false);

  score.clear_graph();
  score.set_preset(modlab::v1::PRESET_NN_CLUSTERING_PYTORCH);
  Resolve();
  EXPECT_EQ(score.graph().kernel_norm(), GraphOptions::L1);
  EXPECT_TRUE(score.graph().fold_batch_norm());
  EXPECT_EQ(score.graph().normalization(), GraphOptions::UNIT_INCOMING);
  EXPECT_TRUE(score.graph().remove_unconnected());

  score.set_preset(static_cast<modlab::v1::Preset>(77));
  EXPECT_EQ(Refused(), "job.spec.score.preset");
}

TEST_F(JobSpecTest, NamesTheGraphOptionAtFault) {
  GraphOptions& graph = *spec_.mutable_score()->mutable_graph();
  graph.set_threshold(-1);
  EXPECT_EQ(Refused(), "job.spec.score.graph.threshold");
  graph.set_threshold(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Refused(), "job.spec.score.graph.threshold");
  graph.Clear();
  graph.add_layers("fc*");
  graph.add_layers("");
  EXPECT_EQ(Refused(), "job.spec.score.graph.layers[1]");
  graph.Clear();
  for (int i = 0; i < 101; ++i) graph.add_layers("fc");
  EXPECT_EQ(Refused(), "job.spec.score.graph.layers");
  graph.Clear();
  graph.set_normalization(static_cast<GraphOptions::Normalization>(9));
  EXPECT_EQ(Refused(), "job.spec.score.graph.normalization");
  graph.Clear();
  graph.set_cnn_layers(static_cast<GraphOptions::CnnLayers>(9));
  EXPECT_EQ(Refused(), "job.spec.score.graph.cnn_layers");
  graph.Clear();
  spec_.mutable_score()->clear_input_shapes();
  auto& shape = *spec_.mutable_score()->add_input_shapes();
  shape.add_dimensions(1);
  shape.set_dtype("string");
  EXPECT_EQ(Refused(), "job.spec.score.input_shapes[0].dtype");
  shape.set_dtype("int64");
  Resolve();
}

TEST_F(JobSpecTest, ResolvesAnExport) {
  modlab::v1::GraphSpec& graph = *spec_.mutable_graph();
  graph.set_model("models/a");
  graph.set_preset(modlab::v1::PRESET_TOUMEI);
  EXPECT_EQ(Refused(), "job.spec.graph.format");
  graph.set_format(static_cast<modlab::v1::GraphSpec::Format>(9));
  EXPECT_EQ(Refused(), "job.spec.graph.format");
  graph.set_format(modlab::v1::GraphSpec::EDGES_CSV);
  graph.set_top(0);
  EXPECT_EQ(Refused(), "job.spec.graph.top");
  graph.set_top(100);
  Resolve();
  EXPECT_EQ(graph.graph().kernel_norm(), GraphOptions::MAX_COLUMN_SUM);
  EXPECT_EQ(graph.input_shapes(0).dimensions(0), 64);
  EXPECT_EQ(KindOf(spec_), modlab::v1::Job::GRAPH);
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

TEST_F(JobSpecTest, ResolvesASweep) {
  modlab::v1::LeidenSpec& leiden = *spec_.mutable_score()->mutable_partitions(0)->mutable_leiden();
  modlab::v1::ResolutionRange& sweep = *leiden.mutable_sweep();
  const std::string field = "job.spec.score.partitions[0].leiden.sweep";
  for (const double bad : {0.0, -1.0, 1e-7, 1e7, std::numeric_limits<double>::quiet_NaN()}) {
    sweep.set_least(bad);
    sweep.set_most(3);
    EXPECT_EQ(Refused(), field + ".least") << bad;
    sweep.set_least(0.2);
    sweep.set_most(bad);
    EXPECT_EQ(Refused(), field + ".most") << bad;
  }
  for (const double bad : {0.1, 0.2}) {
    sweep.set_most(bad);
    EXPECT_EQ(Refused(), field + ".most") << bad;
  }
  sweep.set_most(3);
  for (const int bad : {-1, 0, 1, 201}) {
    sweep.set_steps(bad);
    EXPECT_EQ(Refused(), field + ".steps") << bad;
  }
  sweep.clear_steps();
  Resolve();
  EXPECT_EQ(sweep.steps(), 40);
  EXPECT_EQ(spec_.score().resolution(), 1);
  leiden.clear_sweep();
  Resolve();
  EXPECT_FALSE(leiden.has_sweep());
}

TEST_F(JobSpecTest, NamesTheFieldAtFault) {
  const std::string clusters = "job.spec.score.partitions[0].spectral.clusters";
  for (const int k : {-1, 0, 1, 107}) {
    spectral().set_clusters(k);
    EXPECT_EQ(Refused(), clusters) << k;
  }
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
  spec_.mutable_score()->clear_model();
  EXPECT_EQ(Refused(), "job.spec.score.model");
  spec_.clear_score();
  EXPECT_EQ(Refused(), "job.spec");
}

TEST_F(JobSpecTest, AScoreWithoutPartitionsIsSpectralAndLeiden) {
  spec_.mutable_score()->clear_partitions();
  Resolve();
  const ScoreSpec& score = spec_.score();
  ASSERT_EQ(score.partitions_size(), 2);
  EXPECT_FALSE(score.partitions(0).spectral().has_clusters());
  EXPECT_EQ(score.partitions(0).spectral().least_clusters(), 2);
  EXPECT_EQ(score.partitions(0).spectral().most_clusters(), 16);
  EXPECT_EQ(score.partitions(1).leiden().objective(), modlab::v1::Modularity::NEWMAN);
  EXPECT_EQ(score.partitions(0).spectral().restarts(), 20);
  EXPECT_FALSE(score.partitions(1).leiden().has_restarts());  // the network decides
  EXPECT_EQ(score.nulls().model(), modlab::v1::NullSpec::LAYER);
  EXPECT_FALSE(score.nulls().has_samples());  // depends on the network
  EXPECT_EQ(score.stability_runs(), 5);
}

TEST_F(JobSpecTest, NamesTheFieldAtFaultOfEveryMethod) {
  const std::string field = "job.spec.score.partitions[0]";
  spectral().set_least_clusters(3);
  EXPECT_EQ(Refused(), field + ".spectral.clusters");
  spectral().clear_clusters();
  spectral().set_most_clusters(2);
  EXPECT_EQ(Refused(), field + ".spectral.most_clusters");
  spectral().set_most_clusters(1001);
  EXPECT_EQ(Refused(), field + ".spectral.most_clusters");
  spectral().set_most_clusters(16);
  spectral().set_least_clusters(1);
  EXPECT_EQ(Refused(), field + ".spectral.least_clusters");

  auto& partition = *spec_.mutable_score()->mutable_partitions(0);
  partition.mutable_leiden()->set_restarts(0);
  EXPECT_EQ(Refused(), field + ".leiden.restarts");
  partition.mutable_leiden()->set_restarts(1);
  partition.mutable_leiden()->set_objective(static_cast<modlab::v1::Modularity::Objective>(9));
  EXPECT_EQ(Refused(), field + ".leiden.objective");
  partition.mutable_planted();
  EXPECT_EQ(Refused(), field + ".planted.labels");
  partition.mutable_planted()->add_labels(0);
  partition.mutable_planted()->add_labels(-2);
  EXPECT_EQ(Refused(), field + ".planted.labels[1]");
  partition.clear_method();
  EXPECT_EQ(Refused(), field);
}

TEST_F(JobSpecTest, NamesTheFieldAtFaultOfNullsAndStability) {
  ScoreSpec& score = *spec_.mutable_score();
  for (const int samples : {-1, 100'001}) {
    score.mutable_nulls()->set_samples(samples);
    EXPECT_EQ(Refused(), "job.spec.score.nulls.samples");
  }
  score.mutable_nulls()->set_samples(0);
  score.mutable_nulls()->set_exceedances(0);
  EXPECT_EQ(Refused(), "job.spec.score.nulls.exceedances");
  score.mutable_nulls()->clear_exceedances();
  score.mutable_nulls()->set_model(static_cast<modlab::v1::NullSpec::Model>(9));
  EXPECT_EQ(Refused(), "job.spec.score.nulls.model");
  score.clear_nulls();
  for (const int runs : {-1, 1, 1001}) {
    score.set_stability_runs(runs);
    EXPECT_EQ(Refused(), "job.spec.score.stability_runs") << runs;
  }
  score.set_stability_runs(0);
  EXPECT_EQ(Refused(), "accepted");
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
