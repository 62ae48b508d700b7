#include "client/report/report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "modlab/v1/model.grpc.pb.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/sample_comparison.h"
#include "tests/unit/client/scripted_server.h"

namespace modlab::client {
namespace {

/// Of float32, as a worker writes it: a square of equal weights.
std::string Matrix(int cells) {
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({0}, {0}), }}\n", cells);
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  bytes += header;
  const float weight = 0.5;
  std::string element(sizeof weight, '\0');
  std::memcpy(element.data(), &weight, sizeof weight);
  for (int i = 0; i < cells * cells; ++i) bytes += element;
  return bytes;
}

/// A score of one partition, with a matrix and null models.
v1::Job ScoredJob() {
  v1::Job job;
  job.set_state(v1::Job::SUCCEEDED);
  job.mutable_spec()->mutable_score()->set_model("models/m");
  v1::ScoreResult& score = *job.mutable_result()->mutable_score();
  score.set_reading("It is modular.");
  v1::Partition& partition = *score.add_partitions();
  partition.set_method(v1::Partition::LEIDEN);
  partition.set_objective(v1::Modularity::DIRECTED);
  partition.mutable_modularity()->set_newman(0.25);
  partition.mutable_modularity()->set_directed(0.375);
  partition.set_clusters(2);
  partition.add_sizes(300);
  partition.add_sizes(200);
  partition.set_matrix_artifact("matrix-0.npy");
  v1::NullTest& test = *partition.mutable_significance()->mutable_modularity();
  for (const double value : {0.1, 0.125, 0.15}) test.add_values(value);
  test.set_mean(0.125);
  test.set_p(0.25);
  return job;
}

class StoredJobs : public v1::JobService::Service {
 public:
  grpc::Status GetJob(grpc::ServerContext* /*context*/, const v1::GetJobRequest* request, v1::Job* response) override {
    *response = job;
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status DownloadArtifact(grpc::ServerContext* /*context*/, const v1::DownloadArtifactRequest* request,
                                grpc::ServerWriter<v1::DownloadArtifactResponse>* writer) override {
    const auto found = artifacts.find(request->artifact());
    if (found == artifacts.end()) return {grpc::StatusCode::NOT_FOUND, "there is no " + request->artifact()};
    v1::DownloadArtifactResponse piece;
    piece.set_data(found->second);
    writer->Write(piece);
    return grpc::Status::OK;
  }
  grpc::Status CompareScores(grpc::ServerContext* /*context*/, const v1::CompareScoresRequest* /*request*/,
                             v1::CompareScoresResponse* response) override {
    *response = comparison;
    return grpc::Status::OK;
  }

  v1::Job job = ScoredJob();
  std::map<std::string, std::string> artifacts;
  v1::CompareScoresResponse comparison;
};

class NoModels : public v1::ModelService::Service {
  grpc::Status GetModel(grpc::ServerContext* /*context*/, const v1::GetModelRequest* request,
                        v1::Model* /*response*/) override {
    return {grpc::StatusCode::NOT_FOUND, "there is no " + request->name()};
  }
};

class OneExperiment : public v1::ExperimentService::Service {
  grpc::Status GetExperiment(grpc::ServerContext* /*context*/, const v1::GetExperimentRequest* request,
                             v1::Experiment* response) override {
    response->set_name(request->name());
    response->set_display_name("study");
    return grpc::Status::OK;
  }
};

class Report : public testing::Test {
 protected:
  Report() { server_.answers = {{ScriptedServer::OfVersion("1.0.0"), {}}}; }

  static GlobalOptions OptionsFor(const FakeServer& server) {
    GlobalOptions options;
    options.server.server = server.address();
    options.server.insecure = true;
    options.quiet = true;
    return options;
  }

  std::string OfJob() {
    return JobReport(session_, "jobs/abc", [](double) {});
  }
  std::string OfExperiment() {
    return ExperimentReport(session_, "experiments/abc", [](double) {});
  }

  static int Count(const std::string& text, const std::string& part) {
    int count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }

  StoredJobs jobs_;
  NoModels models_;
  OneExperiment experiments_;
  ScriptedServer server_;
  FakeServer fake_{&jobs_, &models_, &experiments_, &server_};
  Session session_{OptionsFor(fake_), {{"XDG_CONFIG_HOME", "/nowhere"}}};
};

TEST_F(Report, DrawsTheLargestMatrixThatAScoreKeeps) {
  jobs_.artifacts["matrix-0.npy"] = Matrix(400);
  const std::string page = OfJob();
  EXPECT_EQ(Count(page, "<figure>"), 2);
  EXPECT_EQ(page.find("is left out"), std::string::npos);
}

TEST_F(Report, SaysWhyAPictureIsNotThere) {
  std::string page = OfJob();
  EXPECT_EQ(Count(page, "<figure>"), 1) << "of the null models";
  EXPECT_NE(page.find("The picture `matrix` is left out: "), std::string::npos) << page;
  jobs_.artifacts["matrix-0.npy"] = Matrix(401);
  page = OfJob();
  EXPECT_NE(page.find("The picture `matrix` is left out: jobs/abc cannot be drawn: the matrix has 401 rows"),
            std::string::npos)
      << page;
  jobs_.artifacts["matrix-0.npy"] = Matrix(40);
  jobs_.job.mutable_result()->mutable_score()->mutable_partitions(0)->clear_sizes();
  EXPECT_NE(OfJob().find("the matrix has no clusters"), std::string::npos);
}

TEST_F(Report, NullModelsStandBesideTheModularityThatTheyAreOf) {
  const std::string page = OfJob();
  EXPECT_NE(page.find("Leiden, directed, 2 clusters</th><td class=\"n\">0.3750</td><td class=\"n\">0.1250</td>"),
            std::string::npos)
      << page;
}

TEST_F(Report, HasPicturesOfTheFirstGroupsOnlyWhereThereAreMany) {
  jobs_.comparison.set_confidence(0.95);
  for (int i = 0; i < 20; ++i) {
    v1::ScoreGroup& group = *jobs_.comparison.add_groups();
    group.set_name(fmt::format("group no. {}", i));
    group.add_rows(i);
    v1::ScoreRow& row = *jobs_.comparison.add_rows();
    row.set_job(fmt::format("jobs/j{}", i));
    row.set_group(i);
    AddPartition(jobs_.comparison, i, v1::Partition::LEIDEN, "Leiden, directed", 0.01 * i);
  }
  const std::string page = OfExperiment();
  EXPECT_NE(page.find("There are pictures of the first 12 of 20 groups; `"), std::string::npos);
  EXPECT_NE(page.find("<h2>group no. 11</h2>"), std::string::npos);
  EXPECT_EQ(page.find("<h2>group no. 12</h2>"), std::string::npos);
  EXPECT_NE(page.find(">group no. 19<"), std::string::npos) << "the tables have them all";
  EXPECT_EQ(Count(page, "<figure>"), 13);
}

TEST_F(Report, OfAFewGroupsHasPicturesOfAll) {
  jobs_.comparison = TwoModels();
  const std::string page = OfExperiment();
  EXPECT_EQ(page.find("There are pictures of"), std::string::npos);
  EXPECT_NE(page.find("<h2>large.pt</h2>"), std::string::npos);
}

TEST_F(Report, PicturesAreOfThePartitionThatTheAnswerIsBy) {
  v1::ScoreResult& score = *jobs_.job.mutable_result()->mutable_score();
  v1::Partition& spectral = *score.add_partitions();
  spectral = score.partitions(0);
  spectral.set_method(v1::Partition::SPECTRAL);
  spectral.set_objective(v1::Modularity::NEWMAN);
  jobs_.comparison = TwoNetworks(v1::Partition::SPECTRAL, "spectral, k = 2");
  for (v1::ScoreRow& row : *jobs_.comparison.mutable_rows()) row.mutable_partitions(0)->set_index(1);
  const std::string page = OfExperiment();
  EXPECT_NE(page.find("By spectral, k = 2, the most modular is"), std::string::npos);
  EXPECT_EQ(Count(page, "<summary>Leiden, directed, 2 clusters</summary>"), 2) << "folded away in both groups";
  EXPECT_EQ(page.find("<summary>Spectral clustering"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
