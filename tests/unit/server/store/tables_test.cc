#include <gtest/gtest.h>

#include "server/store/artifacts_table.h"
#include "server/store/attempts_table.h"
#include "server/store/blobs_table.h"
#include "server/store/database.h"
#include "server/store/events_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;
using modlab::v1::Model;

class Tables : public testing::Test {
 protected:
  template <typename Body>
  auto Do(Body body) {
    return database_.Transact(body);
  }

  std::string AddJob(int priority = 0, const std::string& owner = "ada", const std::string& label = "") {
    return Do([&](SQLite::Database& connection) {
      Job job;
      job.set_name("jobs/" + NewId());
      job.set_owner(owner);
      job.set_kind(Job::SCORE);
      job.set_priority(priority);
      job.mutable_spec()->mutable_score()->set_model("models/m");
      if (!label.empty()) (*job.mutable_labels())["study"] = label;
      *job.mutable_create_time() = ToTimestamp(NowMicros());
      InsertJob(connection, job, {{"model.pt", "models/m", "digest"}});
      return IdOf(job.name());
    });
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
};

TEST_F(Tables, EventsAreNumberedWithoutGapsAndReadFromWhereOneStands) {
  const std::string job = AddJob();
  Do([&](SQLite::Database& connection) {
    for (int i = 0; i < 5; ++i) {
      modlab::v1::Event event;
      event.mutable_log()->set_text(std::to_string(i));
      AppendEvent(connection, job, &event);
    }
    const auto events = EventsAfter(connection, job, 2);
    ASSERT_EQ(events.size(), 4U);  // the first event is QUEUED
    for (size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].sequence(), static_cast<int>(i) + 3);
    EXPECT_EQ(FindJob(connection, job)->last_sequence(), 6);
  });
}

TEST_F(Tables, EveryStateChangeIsAnEventAndSetsItsTime) {
  const std::string job = AddJob();
  Do([&](SQLite::Database& connection) {
    SetJobState(connection, job, Job::RUNNING, "", 1);
    SetJobState(connection, job, Job::SUCCEEDED, "", 1);
    const auto stored = FindJob(connection, job);
    EXPECT_TRUE(stored->has_start_time());
    EXPECT_TRUE(stored->has_end_time());
    std::vector<Job::State> states;
    for (const auto& event : EventsAfter(connection, job, 0)) states.push_back(event.state().state());
    EXPECT_EQ(states, (std::vector<Job::State>{Job::QUEUED, Job::RUNNING, Job::SUCCEEDED}));
  });
}

TEST_F(Tables, ListsArePagedNewestFirstAndFiltered) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(AddJob(0, "ada", i % 2 == 0 ? "even" : "odd"));
  AddJob(0, "bob", "even");
  Do([&](SQLite::Database& connection) {
    JobFilter filter;
    filter.reader = "ada";
    Page page{2, {}};
    std::vector<std::string> seen;
    while (true) {
      const JobList list = ListJobs(connection, filter, page);
      for (const Job& job : list.jobs) seen.push_back(IdOf(job.name()));
      if (!list.last_sequence) break;
      page.before_sequence = list.last_sequence;
    }
    EXPECT_EQ(seen, (std::vector<std::string>(ids.rbegin(), ids.rend())));
    filter.labels["study"] = "even";
    EXPECT_EQ(ListJobs(connection, filter, {50, {}}).jobs.size(), 3U);
    filter.states = {Job::RUNNING};
    EXPECT_TRUE(ListJobs(connection, filter, {50, {}}).jobs.empty());
    filter.states = {Job::RUNNING, Job::QUEUED};
    filter.kinds = {Job::INSPECT};
    EXPECT_TRUE(ListJobs(connection, filter, {50, {}}).jobs.empty());
  });
}

TEST_F(Tables, AttemptsAreNumberedAndLostOnesCounted) {
  const std::string job = AddJob();
  Do([&](SQLite::Database& connection) {
    EXPECT_EQ(InsertAttempt(connection, job, "p1"), 1);
    EndAttempt(connection, job, 1, {}, true);
    EXPECT_EQ(InsertAttempt(connection, job, "p2"), 2);
    const auto open = OpenAttempts(connection);
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].process, "p2");
    EXPECT_EQ(CountLostAttempts(connection, job), 1);
    EXPECT_EQ(FindJob(connection, job)->attempts_size(), 2);
  });
}

TEST_F(Tables, ModelsInUseAreKnownAndContentLivesAsLongAsItsLastUser) {
  Do([&](SQLite::Database& connection) {
    InsertBlob(connection, "digest", 3);
    Model model;
    model.set_name("models/m");
    model.set_owner("ada");
    model.set_sha256("digest");
    model.set_inspect_job("jobs/i");
    InsertModel(connection, model);
  });
  const std::string job = AddJob();
  Do([&](SQLite::Database& connection) {
    EXPECT_EQ(UnfinishedJobReading(connection, "models/m"), job);
    SetJobState(connection, job, Job::FAILED);
    EXPECT_EQ(UnfinishedJobReading(connection, "models/m"), std::nullopt);
    modlab::v1::Artifact artifact;
    artifact.set_name("a");
    artifact.set_sha256("digest");
    artifact.set_size_bytes(3);
    InsertArtifact(connection, job, artifact);
    EXPECT_TRUE(OwnsContent(connection, "ada", "digest", 3));
    EXPECT_FALSE(OwnsContent(connection, "bob", "digest", 3));
    DeleteModel(connection, "m");
    EXPECT_FALSE(DeleteBlobIfUnused(connection, "digest"));
    EXPECT_EQ(DeleteJob(connection, job), (std::vector<std::string>{"digest"}));
    EXPECT_TRUE(EventsAfter(connection, job, 0).empty());
  });
}

TEST(ResourceName, OnlyWellFormedNamesAreParsed) {
  const std::string id = NewId();
  EXPECT_EQ(ParseName("jobs/" + id, "jobs"), id);
  EXPECT_FALSE(ParseName("models/" + id, "jobs"));
  EXPECT_FALSE(ParseName("jobs/../../../etc", "jobs"));
  EXPECT_FALSE(ParseName("jobs/" + id + "x", "jobs"));
  EXPECT_FALSE(ParseName("", "jobs"));
  EXPECT_NE(NewId(), id);
}

}  // namespace
}  // namespace modlab::server
