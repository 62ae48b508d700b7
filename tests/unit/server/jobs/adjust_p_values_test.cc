#include "server/jobs/adjust_p_values.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/jobs/request_error.h"
#include "server/store/jobs_table.h"
#include "server/store/resource_name.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::AdjustPValuesRequest;
using modlab::v1::AdjustPValuesResponse;
using modlab::v1::Job;
using modlab::v1::Modularity;
using modlab::v1::NullTest;
using modlab::v1::Partition;

/// p of modularity and of n-cut of each of a job's partitions.
using PValues = std::vector<std::pair<double, double>>;

class AdjustPValuesTest : public testing::Test {
 protected:
  std::string Insert(Job job) {
    job.set_name("jobs/" + NewId());
    job.set_owner("ada");
    data_.database().Transact([&](SQLite::Database& connection) {
      InsertJob(connection, job, {});
      if (job.state() != Job::QUEUED) SetJobState(connection, IdOf(job.name()), job.state());
      if (job.has_result()) SetJobResult(connection, IdOf(job.name()), job.result());
    });
    return job.name();
  }
  std::string Scored(const PValues& p) {
    Job job;
    job.set_kind(Job::SCORE);
    job.set_state(Job::SUCCEEDED);
    job.mutable_spec()->mutable_score()->set_model("models/m");
    auto& score = *job.mutable_result()->mutable_score();
    for (const auto& [modularity, ncut] : p) {
      Partition& partition = *score.add_partitions();
      partition.set_method(Partition::LEIDEN);
      partition.set_clusters(3);
      partition.set_objective(Modularity::DIRECTED);
      partition.mutable_modularity()->set_newman(0.1);
      partition.mutable_modularity()->set_directed(0.2);
      partition.set_ncut(1.5);
      partition.mutable_significance()->set_samples(99);
      Set(modularity, partition.mutable_significance()->mutable_modularity());
      Set(ncut, partition.mutable_significance()->mutable_ncut());
    }
    score.add_partitions()->set_method(Partition::SPECTRAL);  // without null models
    return Insert(job);
  }
  static void Set(double p, NullTest* test) {
    test->set_p(p);
    test->set_p_adjusted(0.7);
    test->set_z(2);
    test->add_values(0.5);
  }
  std::string InState(Job::State state, Job::Kind kind = Job::SCORE) {
    Job job;
    job.set_kind(kind);
    job.set_state(state);
    return Insert(job);
  }

  AdjustPValuesResponse Adjust(const std::vector<std::string>& jobs, const Principal& principal) {
    AdjustPValuesRequest request;
    for (const std::string& job : jobs) request.add_jobs(job);
    return AdjustAsAsked(jobs_, principal, request);
  }
  AdjustPValuesResponse Adjust(const std::vector<std::string>& jobs) { return Adjust(jobs, ada_); }
  /// Why it is refused; an error without a reason where it is not.
  RequestError Refused(const std::vector<std::string>& jobs) { return Refused(jobs, ada_); }
  RequestError Refused(const std::vector<std::string>& jobs, const Principal& principal) {
    try {
      Adjust(jobs, principal);
    } catch (const RequestError& error) {
      return error;
    }
    return {modlab::v1::REASON_UNSPECIFIED, "it was not refused"};
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

TEST_F(AdjustPValuesTest, AllTestsOfAllJobsAreOneFamily) {
  const std::string first = Scored({{0.01, 0.04}});
  const std::string second = Scored({{0.03, 0.5}, {0.005, 1}});
  const AdjustPValuesResponse response = Adjust({second, first});
  EXPECT_EQ(response.tests(), 6);
  ASSERT_EQ(response.partitions_size(), 3);
  // 0.005, 0.01, 0.03, 0.04, 0.5, 1 times 6 over their rank, and no larger than those after it.
  EXPECT_NEAR(response.partitions(0).modularity_test().p_adjusted(), 0.06, 1e-15);
  EXPECT_NEAR(response.partitions(0).ncut_test().p_adjusted(), 0.6, 1e-15);
  EXPECT_NEAR(response.partitions(1).modularity_test().p_adjusted(), 0.03, 1e-15);
  EXPECT_EQ(response.partitions(1).ncut_test().p_adjusted(), 1);
  EXPECT_NEAR(response.partitions(2).modularity_test().p_adjusted(), 0.03, 1e-15);
  EXPECT_NEAR(response.partitions(2).ncut_test().p_adjusted(), 0.06, 1e-15);
}

TEST_F(AdjustPValuesTest, SaysWhatWasTested) {
  const std::string job = Scored({{0.01, 0.04}, {0.02, 0.05}});
  const auto partition = Adjust({job}).partitions(1);
  EXPECT_EQ(partition.job(), job);
  EXPECT_EQ(partition.model(), "models/m");
  EXPECT_EQ(partition.index(), 1);
  EXPECT_EQ(partition.method(), Partition::LEIDEN);
  EXPECT_EQ(partition.clusters(), 3);
  EXPECT_EQ(partition.objective(), Modularity::DIRECTED);
  EXPECT_EQ(partition.modularity(), 0.2);
  EXPECT_EQ(partition.ncut(), 1.5);
  EXPECT_EQ(partition.samples(), 99);
  EXPECT_EQ(partition.modularity_test().p(), 0.02);
  EXPECT_EQ(partition.modularity_test().z(), 2);
  EXPECT_TRUE(partition.modularity_test().values().empty());
  EXPECT_TRUE(partition.ncut_test().values().empty());
}

TEST_F(AdjustPValuesTest, RefusesWhatHasNoPValues) {
  const std::string good = Scored({{0.01, 0.04}});
  EXPECT_EQ(Refused({}).reason(), modlab::v1::FIELD_MISSING);
  EXPECT_EQ(Refused({good, "jobs/none"}).reason(), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(Refused({good}, bob_).reason(), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(Refused({good, InState(Job::SUCCEEDED, Job::INSPECT)}).reason(), modlab::v1::FIELD_INVALID);
  for (const auto state : {Job::QUEUED, Job::RUNNING, Job::CANCELLED, Job::FAILED}) {
    EXPECT_EQ(Refused({good, InState(state)}).reason(), modlab::v1::RESULT_MISSING);
  }
  const RequestError no_nulls = Refused({good, Scored({})});
  EXPECT_EQ(no_nulls.reason(), modlab::v1::FIELD_INVALID);
  EXPECT_EQ(no_nulls.field(), "jobs[1]");
  const RequestError twice = Refused({good, good});
  EXPECT_EQ(twice.reason(), modlab::v1::FIELD_INVALID);
  EXPECT_EQ(twice.field(), "jobs[1]");
  EXPECT_EQ(Refused(std::vector<std::string>(1001, good)).reason(), modlab::v1::LIMIT_EXCEEDED);
}

}  // namespace
}  // namespace modlab::server
