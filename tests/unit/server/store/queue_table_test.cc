#include "server/store/queue_table.h"

#include <gtest/gtest.h>

#include "server/store/blobs_table.h"
#include "server/store/database.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/users_table.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;

class QueueTable : public testing::Test {
 protected:
  template <typename Body>
  auto Do(Body body) {
    return database_.Transact(body);
  }

  std::string Add(const std::string& owner, int priority = 0, const std::vector<JobInput>& inputs = {}) {
    return Do([&](SQLite::Database& connection) {
      Job job;
      job.set_name("jobs/" + NewId());
      job.set_owner(owner);
      job.set_priority(priority);
      job.mutable_spec()->mutable_score()->set_model("models/m");
      *job.mutable_create_time() = ToTimestamp(NowMicros());
      InsertJob(connection, job, inputs);
      return IdOf(job.name());
    });
  }

  std::optional<std::string> Next(int running_quota = 0, int64_t room = 1 << 20) {
    return Do([&](SQLite::Database& connection) { return NextQueuedJob(connection, running_quota, room); });
  }

  /// As the scheduler does.
  void Start(const std::string& id) {
    Do([&](SQLite::Database& connection) {
      TakeTurn(connection, FindJob(connection, id)->owner());
      SetJobState(connection, id, Job::RUNNING);
    });
  }
  void End(const std::string& id) {
    Do([&](SQLite::Database& connection) { SetJobState(connection, id, Job::SUCCEEDED); });
  }

  std::vector<std::string> Order() {
    std::vector<std::string> ids;
    for (const QueuedJob& job : Do([](SQLite::Database& connection) { return QueueOrder(connection); })) {
      ids.push_back(job.id);
    }
    return ids;
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
};

TEST_F(QueueTable, AUsersJobsGoByPriorityThenAge) {
  const std::string first = Add("ada");
  const std::string second = Add("ada");
  const std::string urgent = Add("ada", 5);
  const std::vector<std::string> expected = {urgent, first, second};
  EXPECT_EQ(Order(), expected);
  for (const std::string& id : expected) {
    EXPECT_EQ(Next(), id);
    Start(id);
  }
  EXPECT_EQ(Next(), std::nullopt);
}

TEST_F(QueueTable, AJobThatDoesNotFitOnTheDiskKeepsNobodyElseWaiting) {
  const std::string sha256(64, 'a');
  Do([&](SQLite::Database& connection) { InsertBlob(connection, sha256, 1000); });
  const std::string large = Add("ada", 5, {{"model.pt", "models/m", sha256}});
  const std::string small = Add("ada");
  const std::string of_bob = Add("bob");
  EXPECT_EQ(Next(0, 1000), large);
  EXPECT_EQ(Next(0, 999), small);
  Start(small);
  EXPECT_EQ(Next(0, 999), of_bob);
  Start(of_bob);
  EXPECT_EQ(Next(0, 999), std::nullopt);
  EXPECT_EQ(Next(0, 1000), large);
}

TEST_F(QueueTable, UsersTakeTurnsHoweverManyJobsOneHas) {
  std::vector<std::string> of_ada;
  for (int i = 0; i < 5; ++i) of_ada.push_back(Add("ada", 100));
  const std::string of_bob = Add("bob", -100);
  const std::string of_cy = Add("cy");
  Start(of_ada[0]);
  // Ada has a running job; of the others nobody has had a turn yet.
  EXPECT_EQ(Next(), of_bob);
  EXPECT_EQ(Order(), (std::vector<std::string>{of_bob, of_cy, of_ada[1], of_ada[2], of_ada[3], of_ada[4]}));
  Start(of_bob);
  EXPECT_EQ(Next(), of_cy);
  Start(of_cy);
  EXPECT_EQ(Next(), of_ada[1]);
}

TEST_F(QueueTable, WhoWaitedLongestForATurnIsNextWhereNobodysJobsRun) {
  const std::string ada1 = Add("ada");
  const std::string ada2 = Add("ada");
  const std::string bob1 = Add("bob");
  const std::string bob2 = Add("bob");
  for (const std::string& expected : {ada1, bob1, ada2, bob2}) {
    EXPECT_EQ(Next(), expected);
    Start(expected);
    End(expected);
  }
}

TEST_F(QueueTable, UsersWithAllTheRunningJobsTheyMayHaveArePassedOver) {
  const std::string ada1 = Add("ada");
  const std::string ada2 = Add("ada");
  Start(ada1);
  EXPECT_EQ(Next(1), std::nullopt);
  EXPECT_EQ(Next(2), ada2);
  const std::string bob1 = Add("bob");
  const std::string bob2 = Add("bob");
  Start(bob1);
  Do([](SQLite::Database& connection) {
    PutUser(connection, "bob", modlab::v1::USER);
    SetUserQuota(connection, "bob", {.running_jobs = 2, .queued_jobs = {}, .stored_bytes = {}});
  });
  EXPECT_EQ(Next(1), bob2) << "what is set for a user goes before what everybody has";
  Do([](SQLite::Database& connection) {
    SetUserQuota(connection, "bob", {.running_jobs = 1, .queued_jobs = {}, .stored_bytes = {}});
  });
  EXPECT_EQ(Next(), ada2);
}

TEST_F(QueueTable, AJobThatIsBeingCancelledStillRuns) {
  const std::string ada1 = Add("ada");
  Add("ada");
  Start(ada1);
  Do([&](SQLite::Database& connection) { SetJobState(connection, ada1, Job::CANCELLING); });
  EXPECT_EQ(Next(1), std::nullopt);
  EXPECT_EQ(Do([](SQLite::Database& connection) { return RunningJobs(connection); }), std::vector<std::string>{ada1});
}

}  // namespace
}  // namespace modlab::server
