#include "server/jobs/compare_partitions.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <optional>

#include "server/executor/labels_file.h"
#include "server/jobs/request_error.h"
#include "server/store/artifacts_table.h"
#include "server/store/jobs_table.h"
#include "server/store/resource_name.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::ComparedPartition;
using modlab::v1::ComparePartitionsRequest;
using modlab::v1::ComparePartitionsResponse;
using modlab::v1::Job;
using modlab::v1::Partition;
using modlab::v1::ScoreResult;

using Labels = std::vector<int>;

void AddGroup(ScoreResult& score, const std::string& name, int units) {
  auto* group = score.mutable_graph()->add_groups();
  group->set_name(name);
  group->set_units(units);
  score.mutable_graph()->set_units(score.graph().units() + units);
}

Partition& AddPartition(ScoreResult& score, Partition::Method method, const Labels& labels) {
  Partition& partition = *score.add_partitions();
  partition.set_method(method);
  partition.set_clusters(2);
  partition.mutable_labels()->Assign(labels.begin(), labels.end());
  return partition;
}

/// Of a network of 4 + 2 units: spectral, which has a consensus, Leiden and planted.
ScoreResult SmallScore() {
  ScoreResult score;
  AddGroup(score, "input", 4);
  AddGroup(score, "output", 2);
  Partition& spectral = AddPartition(score, Partition::SPECTRAL, {0, 0, 1, 1, 0, 1});
  spectral.mutable_stability()->set_runs(5);
  for (const int label : {0, 0, 0, 1, 1, 1}) spectral.mutable_stability()->add_consensus_labels(label);
  AddPartition(score, Partition::LEIDEN, {0, 0, 1, -1, 0, 1});
  AddPartition(score, Partition::PLANTED, {0, 1, 0, 1, 0, 1});
  return score;
}

class ComparePartitionsTest : public testing::Test {
 protected:
  Job Insert(Job job) {
    job.set_name("jobs/" + NewId());
    job.set_owner("ada");
    data_.database().Transact([&](SQLite::Database& connection) {
      InsertJob(connection, job, {});
      if (job.state() != Job::QUEUED) SetJobState(connection, IdOf(job.name()), job.state());
      if (job.has_result()) SetJobResult(connection, IdOf(job.name()), job.result());
    });
    return job;
  }
  std::string Scored(const ScoreResult& score) {
    Job job;
    job.set_kind(Job::SCORE);
    job.set_state(Job::SUCCEEDED);
    *job.mutable_result()->mutable_score() = score;
    return Insert(job).name();
  }
  std::string InState(Job::State state, Job::Kind kind = Job::SCORE) {
    Job job;
    job.set_kind(kind);
    job.set_state(state);
    return Insert(job).name();
  }
  void AddLabelsFile(const std::string& job, const std::string& name, const Labels& labels) {
    const auto file = data_.UploadFile("artifact");
    WriteLabelsFile(file, labels);
    modlab::v1::Artifact artifact;
    artifact.set_name(name);
    artifact.set_sha256(Sha256OfFile(file));
    data_.database().Transact([&](SQLite::Database& connection) {
      data_.blobs().Adopt(file, artifact.sha256());
      InsertArtifact(connection, IdOf(job), artifact);
    });
  }

  ComparePartitionsResponse Compare(const ComparedPartition& first, const ComparedPartition& second) {
    return Compare(first, second, ada_);
  }
  ComparePartitionsResponse Compare(const ComparedPartition& first, const ComparedPartition& second,
                                    const Principal& principal) {
    ComparePartitionsRequest request;
    *request.mutable_first() = first;
    *request.mutable_second() = second;
    return CompareAsAsked(jobs_, principal, request);
  }
  /// Why it is refused; an error without a reason where it is not.
  RequestError Refused(const ComparedPartition& first, const ComparedPartition& second) {
    return Refused(first, second, ada_);
  }
  RequestError Refused(const ComparedPartition& first, const ComparedPartition& second, const Principal& principal) {
    try {
      Compare(first, second, principal);
    } catch (const RequestError& error) {
      return error;
    }
    return {modlab::v1::REASON_UNSPECIFIED, "it was not refused"};
  }

  static ComparedPartition Of(const std::string& job, std::optional<int> index = {},
                              Partition::Method method = Partition::METHOD_UNSPECIFIED, bool consensus = false) {
    ComparedPartition partition;
    partition.set_job(job);
    if (index) partition.set_index(*index);
    partition.set_method(method);
    partition.set_consensus(consensus);
    return partition;
  }
  static ComparedPartition OfLabels(const Labels& labels) {
    ComparedPartition partition;
    partition.mutable_labels()->Assign(labels.begin(), labels.end());
    return partition;
  }

  TemporaryDirectory directory_;
  DataDirectory data_{directory_.path() / "data"};
  Limits limits_;
  JobEvents events_;
  Admission admission_{data_, limits_, ""};
  Queue queue_{data_, limits_, admission_};
  Jobs jobs_{data_, limits_, admission_, queue_, events_, [] {}};
  const Principal ada_{"ada", modlab::v1::USER};
  const Principal bob_{"bob", modlab::v1::USER};
};

TEST_F(ComparePartitionsTest, CountsUnitsWithAClusterInBoth) {
  const std::string job = Scored(SmallScore());
  const auto found = Compare(Of(job), Of(job, {}, Partition::LEIDEN));
  EXPECT_EQ(found.agreement().units(), 5);
  EXPECT_EQ(found.left_out(), 1);
  EXPECT_EQ(found.agreement().adjusted_rand_index(), 1);
  EXPECT_NEAR(found.agreement().variation_of_information(), 0, 1e-12);
  EXPECT_EQ(Labels(found.first_clusters().begin(), found.first_clusters().end()), (Labels{0, 1}));
  EXPECT_EQ(Labels(found.second_clusters().begin(), found.second_clusters().end()), (Labels{0, 1}));
  EXPECT_EQ(Labels(found.contingency().begin(), found.contingency().end()), (Labels{3, 0, 0, 2}));
  EXPECT_EQ(found.first().job(), job);
  EXPECT_EQ(found.first().index(), 0);
  EXPECT_EQ(found.first().method(), Partition::SPECTRAL);
  EXPECT_EQ(found.second().index(), 1);
  EXPECT_EQ(found.second().method(), Partition::LEIDEN);
}

TEST_F(ComparePartitionsTest, EveryPartitionOfAJobCanBeChosen) {
  const std::string job = Scored(SmallScore());
  const auto is_equal = [&](const ComparedPartition& partition, const Labels& labels) {
    return Compare(partition, OfLabels(labels)).agreement().adjusted_rand_index() == 1;
  };
  EXPECT_TRUE(is_equal(Of(job), {0, 0, 1, 1, 0, 1}));
  EXPECT_TRUE(is_equal(Of(job, 2), {0, 7, 0, 7, 0, 7}));
  EXPECT_TRUE(is_equal(Of(job, 2, Partition::PLANTED), {0, 7, 0, 7, 0, 7}));
  EXPECT_TRUE(is_equal(Of(job, {}, Partition::PLANTED), {3, 1, 3, 1, 3, 1}));
  EXPECT_TRUE(is_equal(Of(job, {}, Partition::METHOD_UNSPECIFIED, true), {0, 0, 0, 1, 1, 1}));
  EXPECT_TRUE(is_equal(Of(job, {}, Partition::SPECTRAL, true), {0, 0, 0, 1, 1, 1}));
}

TEST_F(ComparePartitionsTest, OfTwoJobsAndOfLabelsAlone) {
  ScoreResult other = SmallScore();
  other.mutable_graph()->mutable_groups(1)->set_operation("conv2d");
  const auto jobs = Compare(Of(Scored(SmallScore())), Of(Scored(other), 2));
  EXPECT_EQ(jobs.agreement().units(), 6);
  EXPECT_LT(jobs.agreement().adjusted_rand_index(), 1);
  const auto labels = Compare(OfLabels({5, 5, -1, 9}), OfLabels({1, 1, 1, 1}));
  EXPECT_EQ(labels.left_out(), 1);
  EXPECT_EQ(Labels(labels.first_clusters().begin(), labels.first_clusters().end()), (Labels{5, 9}));
  EXPECT_EQ(Labels(labels.contingency().begin(), labels.contingency().end()), (Labels{2, 1}));
  EXPECT_FALSE(labels.first().has_index());
  EXPECT_TRUE(labels.first().labels().empty());
}

TEST_F(ComparePartitionsTest, LabelsOfManyUnitsAreInAFile) {
  constexpr int units = 60'000;
  Labels labels(units);
  for (int unit = 0; unit < units; ++unit) labels[unit] = unit / 7 % 3 - 1;
  ScoreResult score;
  AddGroup(score, "input", units);
  AddPartition(score, Partition::LEIDEN, {}).set_labels_artifact("labels-0.npy");
  score.mutable_partitions(0)->mutable_stability()->set_runs(5);
  const std::string job = Scored(score);
  AddLabelsFile(job, "labels-0.npy", labels);
  const auto found = Compare(Of(job), OfLabels(labels));
  EXPECT_EQ(found.agreement().adjusted_rand_index(), 1);
  EXPECT_EQ(found.left_out(), std::count(labels.begin(), labels.end(), -1));

  const RequestError consensus = Refused(Of(job, 0, Partition::LEIDEN, true), OfLabels(labels));
  EXPECT_EQ(consensus.reason(), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_NE(std::string(consensus.what()).find("too large"), std::string::npos) << consensus.what();

  const std::string hostile = Scored(score);
  AddLabelsFile(hostile, "labels-0.npy", {1, 2, 3});
  EXPECT_EQ(Refused(Of(hostile), OfLabels(labels)).reason(), modlab::v1::FIELD_INVALID);
}

TEST_F(ComparePartitionsTest, OthersJobsAreNotThere) {
  const std::string job = Scored(SmallScore());
  const std::string absent = "jobs/" + std::string(12, 'b');
  for (const std::string& name : {job, absent, std::string("models/abc"), std::string("nonsense")}) {
    for (const bool first : {true, false}) {
      const ComparedPartition labels = OfLabels({0, 1, 0, 1, 0, 1});
      const RequestError error = Refused(first ? Of(name) : labels, first ? labels : Of(name), bob_);
      EXPECT_EQ(error.reason(), modlab::v1::RESOURCE_NOT_FOUND) << name;
      EXPECT_EQ(error.field(), first ? "first.job" : "second.job");
      EXPECT_EQ(std::string(error.what()).find("there is no " + name), 0U) << error.what();
    }
  }
}

TEST_F(ComparePartitionsTest, OnlyScoresThatSucceededHavePartitions) {
  for (const auto& [state, words] : {std::pair(Job::QUEUED, "is queued and has no partitions yet"),
                                     std::pair(Job::RUNNING, "is running and has no partitions yet"),
                                     std::pair(Job::FAILED, "failed and has no partitions"),
                                     std::pair(Job::CANCELLED, "was cancelled and has no partitions")}) {
    const RequestError error = Refused(OfLabels({0, 1}), Of(InState(state)));
    EXPECT_EQ(error.reason(), modlab::v1::RESULT_MISSING);
    EXPECT_EQ(error.field(), "second.job");
    EXPECT_EQ(error.metadata().at("state"), Job::State_Name(state));
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
  const RequestError error = Refused(Of(InState(Job::SUCCEEDED, Job::GRAPH)), OfLabels({0, 1}));
  EXPECT_EQ(error.reason(), modlab::v1::FIELD_INVALID);
  EXPECT_NE(std::string(error.what()).find("is of kind graph"), std::string::npos) << error.what();
}

TEST_F(ComparePartitionsTest, WhatAJobDoesNotHaveIsNamedBesideWhatItHas) {
  ScoreResult score = SmallScore();
  score.mutable_partitions(2)->set_method(Partition::LEIDEN);
  const std::string job = Scored(score);
  const std::string there =
      "it has 0 spectral (2 clusters, with a consensus), 1 leiden (2 clusters), 2 leiden (2 clusters)";
  const auto check = [&](const ComparedPartition& asked, modlab::v1::Reason reason, const std::string& field,
                         const std::string& words) {
    const RequestError error = Refused(asked, Of(job));
    EXPECT_EQ(error.reason(), reason) << error.what();
    EXPECT_EQ(error.field(), field) << error.what();
    EXPECT_NE(std::string(error.what()).find(words + there), std::string::npos) << error.what();
  };
  check(Of(job, 3), modlab::v1::RESOURCE_NOT_FOUND, "first.index", "has no partition 3: ");
  check(Of(job, -1), modlab::v1::RESOURCE_NOT_FOUND, "first.index", "has no partition -1: ");
  check(Of(job, 0, Partition::LEIDEN), modlab::v1::RESOURCE_NOT_FOUND, "first.index",
        "has no partition 0 that is leiden: ");
  check(Of(job, {}, Partition::PLANTED), modlab::v1::RESOURCE_NOT_FOUND, "first.method", "has no planted partition: ");
  check(Of(job, {}, Partition::LEIDEN), modlab::v1::FIELD_INVALID, "first.index",
        "has several leiden partitions, of which a number must choose: ");
  check(Of(job, 1, Partition::METHOD_UNSPECIFIED, true), modlab::v1::RESOURCE_NOT_FOUND, "first.consensus",
        "has no consensus of partition 1, which was not found again with other seeds: ");
  for (int i = 0; i < 61; ++i) AddPartition(score, Partition::PLANTED, {0, 1, 0, 1, 0, 1});
  const std::string text = Refused(Of(Scored(score), 64), Of(job)).what();
  EXPECT_NE(text.find(" and 52 more"), std::string::npos) << text;
  EXPECT_LT(text.size(), 1000U);
  auto unknown = static_cast<Partition::Method>(9);
  EXPECT_EQ(Refused(Of(job, {}, unknown), Of(job)).field(), "first.method");
}

TEST_F(ComparePartitionsTest, OnlyTheSameUnitsAreCompared) {
  const std::string job = Scored(SmallScore());
  const auto refused = [&](const std::function<void(ScoreResult&)>& change) {
    ScoreResult score = SmallScore();
    change(score);
    const RequestError error = Refused(Of(job), Of(Scored(score)));
    EXPECT_EQ(error.reason(), modlab::v1::FIELD_INVALID);
    EXPECT_EQ(error.field(), "second");
    return std::string(error.what());
  };
  const std::string renamed =
      refused([](ScoreResult& score) { score.mutable_graph()->mutable_groups(1)->set_name("fc"); });
  EXPECT_NE(renamed.find(" has 6 units in 2 layers, "), std::string::npos) << renamed;
  EXPECT_NE(renamed.find("the first layers that differ are output (2 units) and fc (2 units)"), std::string::npos)
      << renamed;
  const std::string resized = refused([](ScoreResult& score) {
    score.mutable_graph()->mutable_groups(0)->set_units(3);
    score.mutable_graph()->mutable_groups(1)->set_units(3);
  });
  EXPECT_NE(resized.find("input (4 units) and input (3 units)"), std::string::npos) << resized;
  const std::string longer = refused([](ScoreResult& score) {
    AddGroup(score, "head", 1);
    score.mutable_partitions(0)->add_labels(0);
  });
  EXPECT_NE(longer.find(" has 7 units in 3 layers; "), std::string::npos) << longer;
  EXPECT_NE(longer.find("none and head (1 units)"), std::string::npos) << longer;

  const RequestError labels = Refused(Of(job), OfLabels({0, 1}));
  EXPECT_EQ(labels.reason(), modlab::v1::FIELD_INVALID);
  EXPECT_NE(std::string(labels.what()).find("6 units in 2 layers, `second` has 2 labels: "), std::string::npos)
      << labels.what();
}

TEST_F(ComparePartitionsTest, RequestsThatMakeNoSense) {
  const ComparedPartition labels = OfLabels({0, 1});
  EXPECT_EQ(Refused({}, labels).reason(), modlab::v1::FIELD_MISSING);
  EXPECT_EQ(Refused(labels, {}).field(), "second");
  ComparedPartition both = labels;
  both.set_job("jobs/abc");
  EXPECT_EQ(Refused(both, labels).reason(), modlab::v1::FIELD_INVALID);
  ComparedPartition chosen = labels;
  chosen.set_index(0);
  EXPECT_EQ(Refused(chosen, labels).reason(), modlab::v1::FIELD_INVALID);
  EXPECT_EQ(Refused(labels, OfLabels({0, -2})).field(), "second.labels[1]");
  const RequestError nothing = Refused(OfLabels({0, -1}), OfLabels({-1, 0}));
  EXPECT_EQ(nothing.reason(), modlab::v1::FIELD_INVALID);
  EXPECT_NE(std::string(nothing.what()).find("no unit has a cluster in both"), std::string::npos);
}

TEST_F(ComparePartitionsTest, ALimitOnWhatItTakes) {
  Labels alone(2000);
  std::iota(alone.begin(), alone.end(), 0);
  const RequestError error = Refused(OfLabels(alone), OfLabels(alone));
  EXPECT_EQ(error.reason(), modlab::v1::LIMIT_EXCEEDED);
  EXPECT_EQ(error.metadata().at("limit"), "1000000");
  alone.resize(1000);
  EXPECT_EQ(Compare(OfLabels(alone), OfLabels(alone)).agreement().adjusted_rand_index(), 1);

  ScoreResult large;
  AddGroup(large, "vocabulary", 10'000'001);
  AddPartition(large, Partition::LEIDEN, {}).set_labels_artifact("labels-0.npy");
  EXPECT_EQ(Refused(Of(Scored(large)), OfLabels(alone)).reason(), modlab::v1::LIMIT_EXCEEDED);
}

}  // namespace
}  // namespace modlab::server
