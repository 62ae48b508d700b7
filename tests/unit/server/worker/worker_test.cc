#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/executor/event_log.h"
#include "tests/unit/server/executor/temporary_attempt.h"
#include "tests/unit/server/worker/worker_process.h"

namespace modlab::server {
namespace {

using testing::Test;

v1::JobSpec WithResources(v1::JobSpec spec) {
  spec.mutable_resources()->set_threads(1);
  spec.mutable_resources()->set_memory_bytes(int64_t{1} << 30);
  spec.mutable_resources()->mutable_wall_time()->set_seconds(600);
  spec.set_seed(5);
  return spec;
}

v1::JobSpec InspectJob() {
  v1::JobSpec spec;
  spec.mutable_inspect()->set_model("models/abc");
  return WithResources(spec);
}

v1::JobSpec ScoreJob(int clusters, int restarts) {
  v1::JobSpec spec;
  spec.mutable_score()->set_model("models/abc");
  spec.mutable_score()->set_resolution(1);
  v1::SpectralSpec& spectral = *spec.mutable_score()->add_partitions()->mutable_spectral();
  spectral.set_clusters(clusters);
  spectral.set_restarts(restarts);
  spec.mutable_score()->mutable_nulls()->set_samples(0);
  return WithResources(spec);
}

// An attempt with a model, and the worker that is put to it.
class Job {
 public:
  Job(const std::string& model, const v1::JobSpec& spec) {
    std::filesystem::copy_file(std::filesystem::path(MODELS) / (model + ".pt"), directory().model());
    internal::AttemptSpec attempt;
    *attempt.mutable_spec() = spec;
    attempt.set_model_sha256("0123456789abcdef");
    WriteText(directory().spec(), attempt.SerializeAsString());
  }

  const AttemptDirectory& directory() const { return attempt_.directory(); }
  WorkerProcess& worker() { return worker_; }

  void Start() { worker_.Assign(directory().root().string()); }
  internal::WorkerResult Run() {
    Start();
    EXPECT_EQ(worker_.Wait(), 0);
    internal::WorkerResult result;
    EXPECT_TRUE(result.ParseFromString(ReadText(directory().result())));
    return result;
  }
  std::vector<internal::WorkerEvent> Events() const {
    std::vector<internal::WorkerEvent> events;
    for (const std::string& payload : ReadEventLog(directory().events(), 0).payloads) {
      EXPECT_TRUE(events.emplace_back().ParseFromString(payload));
    }
    return events;
  }
  std::vector<std::string> Phases() const {
    std::vector<std::string> phases;
    for (const internal::WorkerEvent& event : Events()) {
      const std::string& phase = event.progress().phase();
      if (event.has_progress() && (phases.empty() || phases.back() != phase)) phases.push_back(phase);
    }
    return phases;
  }

 private:
  TemporaryAttempt attempt_;
  WorkerProcess worker_;
};

TEST(Worker, LeavesWhenNoJobComes) {
  WorkerProcess worker;
  worker.WaitUntilReady();
  worker.CloseInput();
  EXPECT_EQ(worker.Wait(), 0);
}

TEST(Worker, ScoresTwoChainsAsTheirOracleSays) {
  Job job("two_chains", ScoreJob(2, 100));
  const internal::WorkerResult result = job.Run();
  ASSERT_TRUE(result.has_result()) << result.error().message();
  const v1::ScoreResult& score = result.result().score();

  EXPECT_EQ(score.graph().units(), 6);
  EXPECT_EQ(score.graph().edges(), 7);
  ASSERT_EQ(score.graph().groups_size(), 3);
  EXPECT_EQ(score.graph().groups(0).operation(), "input");
  EXPECT_EQ(score.graph().groups(2).operation(), "linear");
  ASSERT_EQ(score.graph().blocks_size(), 2);
  EXPECT_NEAR(score.graph().blocks(0).weight(), 12 + 1.3 + 7.4, 1e-6);

  ASSERT_EQ(score.partitions_size(), 1);
  const v1::Partition& partition = score.partitions(0);
  EXPECT_EQ(partition.method(), v1::Partition::SPECTRAL);
  EXPECT_EQ(partition.clusters(), 2);
  EXPECT_EQ(std::vector<int>(partition.labels().begin(), partition.labels().end()),
            (std::vector<int>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(std::vector<int>(partition.sizes().begin(), partition.sizes().end()), (std::vector<int>{3, 3}));
  EXPECT_EQ(std::vector<int>(partition.group_sizes().begin(), partition.group_sizes().end()),
            (std::vector<int>{1, 1, 1, 1, 1, 1}));
  // The weights are stored as float32.
  EXPECT_NEAR(partition.modularity().newman(), 0.4290196616, 1e-7);
  EXPECT_EQ(partition.modularity().resolution(), 1);
  // By NetworkX and by NumPy.
  EXPECT_NEAR(partition.modularity().directed(), 0.4296042362, 1e-7);
  EXPECT_NEAR(partition.modularity().layer_pair(), 0.4301607262, 1e-7);
  EXPECT_NEAR(partition.modularity().signed_(), 0.0741908408, 1e-7);
  EXPECT_NEAR(partition.ncut(), 0.0988967041, 1e-7);
  EXPECT_NEAR(partition.ave_in_out(), (2 - 0.0988967041) / (2 * 0.0988967041), 1e-4);
  ASSERT_EQ(partition.eigenvalues_size(), 3);
  EXPECT_NEAR(partition.eigenvalues(0), 0, 1e-7);
  EXPECT_NEAR(partition.eigenvalues(1), 0.09380119, 1e-7);
  EXPECT_NEAR(partition.eigenvalues(2), 1, 1e-7);
  EXPECT_EQ(partition.seed(), 5U);
  EXPECT_TRUE(partition.labels_artifact().empty());
  // What it takes to draw it.
  EXPECT_EQ(result.result().score().edges_artifact(), "edges.npy");
  EXPECT_EQ(partition.matrix_artifact(), "matrix-0.npy");
  EXPECT_EQ(result.artifacts_size(), 2);
}

TEST(Worker, SaysWhereAResultComesFrom) {
  Job job("two_chains", ScoreJob(2, 10));
  const v1::Provenance provenance = job.Run().result().provenance();
  EXPECT_EQ(provenance.model_sha256(), "0123456789abcdef");
  EXPECT_EQ(provenance.spec().seed(), 5U);
  EXPECT_EQ(provenance.spec().resources().threads(), 1);
  EXPECT_EQ(provenance.spec().score().partitions(0).spectral().restarts(), 10);
  ASSERT_EQ(provenance.spec().score().input_shapes_size(), 1);
  EXPECT_EQ(provenance.spec().score().input_shapes(0).dimensions(1), 2);
  for (const char* library : {"modlab", "libtorch", "eigen", "spectra", "compiler"}) {
    EXPECT_FALSE(provenance.versions().at(library).empty()) << library;
  }
  std::vector<std::string> phases;
  for (const v1::PhaseTiming& timing : provenance.timings()) phases.push_back(timing.phase());
  EXPECT_EQ(phases, (std::vector<std::string>{"load", "read", "embed", "cluster", "measure", "export"}));
  EXPECT_EQ(job.Phases(), phases);
}

TEST(Worker, SameSeedGivesTheSameBytes) {
  std::set<std::string> bytes;
  for (int i = 0; i < 2; ++i) {
    Job job("two_chains", ScoreJob(3, 10));
    internal::WorkerResult result = job.Run();
    ASSERT_TRUE(result.has_result()) << result.error().message();
    for (v1::PhaseTiming& timing : *result.mutable_result()->mutable_provenance()->mutable_timings()) {
      timing.clear_seconds();
    }
    // One entry in a map each, so that the order in which a map is written does not matter.
    result.mutable_result()->mutable_provenance()->clear_versions();
    bytes.insert(result.SerializeAsString());
  }
  EXPECT_EQ(bytes.size(), 1U);
}

TEST(Worker, RandomNumbersCanBeDrawn) {
  Job job("draws_numbers", ScoreJob(2, 10));
  const internal::WorkerResult result = job.Run();
  ASSERT_TRUE(result.has_result()) << result.error().message();
  EXPECT_EQ(result.result().score().graph().units(), 8);
}

TEST(Worker, InspectsAModel) {
  Job job("two_chains", InspectJob());
  const internal::WorkerResult result = job.Run();
  ASSERT_TRUE(result.has_result()) << result.error().message();
  const v1::Inspection& inspection = result.result().inspect();
  EXPECT_EQ(inspection.parameters(), 8);
  ASSERT_EQ(inspection.tensors_size(), 2);
  EXPECT_EQ(inspection.tensors(0).name(), "0.weight");
  EXPECT_EQ(inspection.tensors(0).dtype(), "float32");
  EXPECT_TRUE(inspection.tensors(0).parameter());
  EXPECT_EQ(inspection.tensors(0).shape_size(), 2);
  EXPECT_EQ(std::count(inspection.operators().begin(), inspection.operators().end(), "aten::linear"), 1);
  ASSERT_EQ(inspection.input_shapes_size(), 1);
  ASSERT_EQ(inspection.input_shapes(0).dimensions_size(), 2);
  EXPECT_EQ(inspection.input_shapes(0).dimensions(1), 2);
  EXPECT_EQ(inspection.graph().units(), 6);
  EXPECT_FALSE(inspection.has_graph_error());
  EXPECT_EQ(job.Phases(), (std::vector<std::string>{"load", "read"}));
}

TEST(Worker, InspectsWhatIsNotAGraph) {
  for (const auto& [model, reason] :
       {std::pair("no_weights", v1::NO_WEIGHT_LAYERS), std::pair("not_finite", v1::WEIGHTS_NOT_FINITE),
        std::pair("raises", v1::MODEL_FORWARD_FAILED)}) {
    Job job(model, InspectJob());
    const internal::WorkerResult result = job.Run();
    ASSERT_TRUE(result.has_result()) << model << ": " << result.error().message();
    const v1::Inspection& inspection = result.result().inspect();
    EXPECT_FALSE(inspection.has_graph()) << model;
    EXPECT_EQ(inspection.graph_error().reason(), reason) << model << ": " << inspection.graph_error().message();
    EXPECT_EQ(inspection.graph_error().phase(), "read");
    EXPECT_GT(inspection.operators_size(), 0) << model;
  }
}

struct Failure {
  std::string model;
  v1::JobSpec spec;
  v1::Reason reason;
  std::string phase;
};

TEST(Worker, FailuresSayWhyAndInWhichPhase) {
  v1::JobSpec no_threads = InspectJob();
  no_threads.mutable_resources()->set_threads(0);
  const std::vector<Failure> failures = {
      {"no_weights", ScoreJob(2, 10), v1::NO_WEIGHT_LAYERS, "read"},
      {"not_finite", ScoreJob(2, 10), v1::WEIGHTS_NOT_FINITE, "read"},
      {"raises", ScoreJob(2, 10), v1::MODEL_FORWARD_FAILED, "read"},
      {"raises_when_loaded", InspectJob(), v1::MODEL_LOAD_FAILED, "load"},
      {"two_chains", ScoreJob(7, 10), v1::CLUSTERS_OUT_OF_RANGE, "embed"},
      {"two_chains", no_threads, v1::INTERNAL_FAULT, ""},
  };
  for (const Failure& failure : failures) {
    Job job(failure.model, failure.spec);
    const internal::WorkerResult result = job.Run();
    ASSERT_TRUE(result.has_error()) << failure.model;
    EXPECT_EQ(v1::Reason_Name(result.error().reason()), v1::Reason_Name(failure.reason))
        << failure.model << ": " << result.error().message();
    EXPECT_EQ(result.error().phase(), failure.phase) << failure.model;
    EXPECT_FALSE(result.error().message().empty());
  }
}

TEST(Worker, AFileThatIsNoModelIsAFailureToLoad) {
  Job job("two_chains", InspectJob());
  WriteText(job.directory().model(), "this is not a zip archive");
  const internal::WorkerResult result = job.Run();
  EXPECT_EQ(result.error().reason(), v1::MODEL_LOAD_FAILED);
  EXPECT_EQ(result.error().phase(), "load");
}

TEST(Worker, ASpecThatCannotBeReadIsAFault) {
  Job job("two_chains", InspectJob());
  WriteText(job.directory().spec(), "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(job.Run().error().reason(), v1::INTERNAL_FAULT);
}

TEST(Worker, AHugeAllocationMeetsTheMemoryLimit) {
#ifdef MODLAB_SANITIZED
  GTEST_SKIP() << "the sanitizer's allocator ends the process itself";
#endif
  for (const v1::JobSpec& spec : {InspectJob(), ScoreJob(2, 10)}) {
    Job job("hungry", spec);
    const internal::WorkerResult result = job.Run();
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().reason(), v1::MEMORY_LIMIT) << result.error().message();
    EXPECT_EQ(result.error().phase(), "read");
    EXPECT_EQ(result.error().metadata().at("requested_bytes"), "100000000000");
  }
}

TEST(Worker, ManyLabelsGoToAnArtifact) {
  Job job("wide", ScoreJob(2, 1));
  const internal::WorkerResult result = job.Run();
  ASSERT_TRUE(result.has_result()) << result.error().message();
  const v1::Partition& partition = result.result().score().partitions(0);
  EXPECT_EQ(partition.labels_size(), 0);
  EXPECT_EQ(partition.labels_artifact(), "labels-0.npy");
  ASSERT_EQ(result.artifacts_size(), 3);
  EXPECT_EQ(result.artifacts(0), "labels-0.npy");
  EXPECT_EQ(partition.sizes(0) + partition.sizes(1), 50'005);
  // The data are the file's last bytes, four for each unit.
  const std::string file = ReadText(job.directory().artifacts() / "labels-0.npy");
  const size_t header = file.size() - 4 * 50'005;
  int ones = 0;
  for (size_t at = header; at < file.size(); at += 4) ones += file[at] == 1 ? 1 : 0;
  EXPECT_EQ(ones, partition.sizes(1));
}

TEST(Worker, StopsWhenAskedTo) {
  Job job("wide", ScoreJob(8, 10'000));
  job.Start();
  const auto clustering = [&job] {
    const std::vector<std::string> phases = job.Phases();
    return std::find(phases.begin(), phases.end(), "cluster") != phases.end();
  };
  for (int i = 0; i < 60'000 && !clustering(); ++i) ::usleep(10'000);
  job.worker().Signal(SIGTERM);
  EXPECT_EQ(job.worker().Wait(), kWorkerCancelledStatus);
  EXPECT_FALSE(std::filesystem::exists(job.directory().result()));
}

}  // namespace
}  // namespace modlab::server
