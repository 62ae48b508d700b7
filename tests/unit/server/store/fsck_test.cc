#include "server/store/fsck.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/store/artifacts_table.h"
#include "server/store/attempts_table.h"
#include "server/store/backup.h"
#include "server/store/blobs_table.h"
#include "server/store/data_directory.h"
#include "server/store/dependencies_table.h"
#include "server/store/experiments_table.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

namespace fs = std::filesystem;
using modlab::v1::Job;

class Fsck : public testing::Test {
 protected:
  Fsck() : data_(std::make_unique<DataDirectory>(Root())) {
    const std::string content = "hello world";
    digest_ = Sha256(content);
    const fs::path arriving = Root() / "uploads" / "arriving";
    std::ofstream(arriving) << content;
    data_->database().Transact([&](SQLite::Database& connection) {
      data_->blobs().Adopt(arriving, digest_);
      Job job;
      job.set_name("jobs/" + NewId());
      id_ = IdOf(job.name());
      job.set_owner("ada");
      job.mutable_spec()->mutable_score()->set_model("models/m");
      *job.mutable_create_time() = ToTimestamp(NowMicros());
      InsertJob(connection, job, {});
      InsertAttempt(connection, id_, "1:2:3");
      SetJobState(connection, id_, Job::RUNNING, "", 1);
      EndAttempt(connection, id_, 1, {}, false);
      SetJobResult(connection, id_, {});
      modlab::v1::Artifact artifact;
      artifact.set_name("labels-0.npy");
      artifact.set_sha256(digest_);
      artifact.set_size_bytes(static_cast<int64_t>(content.size()));
      InsertArtifact(connection, id_, artifact);
      SetJobState(connection, id_, Job::SUCCEEDED, "", 1);
    });
  }

  fs::path Root() const { return directory_.path() / "data"; }
  FsckReport Check() {
    return CheckDataDirectory(Root(), data_->database(), [](int64_t, int64_t) {});
  }
  void Execute(const std::string& sql) {
    data_->database().Transact([&](SQLite::Database& connection) { connection.exec(sql); });
  }
  /// The one problem that there is.
  std::string Problem() {
    const FsckReport report = Check();
    EXPECT_EQ(report.problems.size(), 1U);
    return report.problems.empty() ? "" : report.problems[0];
  }

  TemporaryDirectory directory_;
  std::unique_ptr<DataDirectory> data_;
  std::string digest_;
  std::string id_;
};

TEST_F(Fsck, FindsNothingWhereNothingIsWrong) {
  const FsckReport report = Check();
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  EXPECT_EQ(report.jobs, 1);
  EXPECT_EQ(report.events, 3);
  EXPECT_EQ(report.blobs, 1);
  EXPECT_EQ(report.blob_bytes, 11);
}

TEST_F(Fsck, FindsContentThatChanged) {
  const fs::path blob = data_->blobs().PathOf(digest_);
  fs::permissions(blob, fs::perms::owner_all);
  std::ofstream(blob) << "hello w0rld";
  EXPECT_NE(Problem().find("another digest"), std::string::npos);
}

TEST_F(Fsck, FindsContentThatIsCutOff) {
  const fs::path blob = data_->blobs().PathOf(digest_);
  fs::permissions(blob, fs::perms::owner_all);
  fs::resize_file(blob, 5);
  EXPECT_NE(Problem().find("has 5 bytes"), std::string::npos);
}

TEST_F(Fsck, FindsContentThatIsGone) {
  data_->blobs().Remove(digest_);
  EXPECT_NE(Problem().find("No such file"), std::string::npos);
}

TEST_F(Fsck, FindsFilesThatNothingRefersTo) {
  std::ofstream(Root() / "uploads" / "stray") << "x";
  EXPECT_NE(Problem().find("uploads/stray"), std::string::npos);
}

TEST_F(Fsck, KnowsWhatADaemonHasUnderWay) {
  std::ofstream(Root() / "uploads" / ("artifact-" + NewId())) << "half of it";
  fs::create_directories(data_->AttemptRoot(id_, 1));  // ended, and not cleared away yet
  fs::create_directories(data_->AttemptRoot(id_, 2));  // about to start
  EXPECT_TRUE(Check().problems.empty());
  fs::create_directories(data_->AttemptRoot(NewId(), 1));
  EXPECT_NE(Problem().find("nothing refers to it"), std::string::npos);
}

TEST_F(Fsck, KeepsADaemonFromNothing) {
  Database beside(Root() / "modlab.db");
  beside.Transact([&](SQLite::Database&) { EXPECT_TRUE(Check().problems.empty()); });
}

TEST_F(Fsck, FindsAGapInTheEvents) {
  Execute("DELETE FROM events WHERE sequence = 2");
  EXPECT_NE(Problem().find("its events go from 1 to 3"), std::string::npos);
}

TEST_F(Fsck, FindsEventsThatAreMissingAtTheEnd) {
  Execute("DELETE FROM events WHERE sequence = 3");
  EXPECT_NE(Problem().find("it has 2 events, and should have 3"), std::string::npos);
}

TEST_F(Fsck, FindsAStateThatNoEventTellsOf) {
  Execute("UPDATE jobs SET state = 4, error = x''");
  EXPECT_NE(Problem().find("is FAILED, and its last event says SUCCEEDED"), std::string::npos);
}

TEST_F(Fsck, FindsAResultThatIsMissingOrDamaged) {
  Execute("UPDATE jobs SET result = NULL");
  EXPECT_NE(Problem().find("has no result"), std::string::npos);
  Execute("UPDATE jobs SET result = x'ffff'");
  EXPECT_NE(Problem().find("has no result"), std::string::npos);
}

TEST_F(Fsck, FindsAnAttemptThatWasLeftOpen) {
  fs::create_directories(data_->AttemptRoot(id_, 1));
  Execute("UPDATE attempts SET end_time = NULL");
  EXPECT_NE(Problem().find("1 attempts at it have not ended"), std::string::npos);
}

TEST_F(Fsck, FindsExperimentsThatCannotBeRead) {
  modlab::v1::Experiment experiment;
  experiment.set_name("experiments/e");
  experiment.set_owner("ada");
  experiment.set_display_name("widths");
  experiment.mutable_spec()->add_steps()->set_name("score");
  experiment.add_jobs()->set_job("jobs/" + id_);
  experiment.mutable_jobs(0)->set_step("score");
  data_->database().Transact([&](SQLite::Database& connection) { InsertExperiment(connection, experiment); });
  const FsckReport report = Check();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.experiments, 1);
  Execute("UPDATE experiments SET spec = x'ffff'");
  EXPECT_NE(Problem().find("experiments/e: its spec"), std::string::npos);
  Execute("DELETE FROM experiments");
  data_->database().Transact([&](SQLite::Database& connection) { InsertExperiment(connection, experiment); });
  Execute("UPDATE experiment_jobs SET description = x''");
  EXPECT_NE(Problem().find("experiments/e: its job 0"), std::string::npos);
}

TEST_F(Fsck, FindsJobsThatWouldWaitForEver) {
  Job waiting;
  waiting.set_name("jobs/w");
  waiting.set_owner("ada");
  waiting.set_state(Job::WAITING);
  waiting.mutable_spec()->mutable_score()->set_model("jobs/" + id_);
  *waiting.mutable_create_time() = ToTimestamp(NowMicros());
  data_->database().Transact([&](SQLite::Database& connection) { InsertJob(connection, waiting, {}); });
  EXPECT_EQ(Problem(), "jobs/w waits, and there is nothing that it waits for");
  data_->database().Transact([&](SQLite::Database& connection) { InsertDependency(connection, "w", id_); });
  EXPECT_EQ(Problem(), "jobs/w waits for a job that is not there, or has ended");
}

TEST_F(Fsck, FindsRowsOfNothing) {
  Execute("INSERT INTO labels (resource, key, value) VALUES ('jobs/gone', 'a', 'b')");
  EXPECT_NE(Problem().find("jobs/gone"), std::string::npos);
}

class BackupTest : public Fsck {
 protected:
  fs::path Target() const { return directory_.path() / "backup"; }
  BackupReport Make() {
    return BackUp(Root(), data_->database(), Target(), [](int64_t, int64_t) {});
  }
};

TEST_F(BackupTest, IsADataDirectoryWithEverythingInIt) {
  EXPECT_EQ(Make().blobs, 1);
  DataDirectory copy(Target());
  const FsckReport report = CheckDataDirectory(Target(), copy.database(), [](int64_t, int64_t) {});
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  EXPECT_EQ(report.jobs, 1);
  EXPECT_EQ(ReadAt(copy.blobs().Open(digest_).get(), 0, 100), "hello world");
}

TEST_F(BackupTest, RefusesToWriteOverSomething) {
  fs::create_directory(Target());
  EXPECT_THROW(Make(), StorageError);
}

TEST_F(BackupTest, RefusesDamagedContentAndLeavesNothingHalf) {
  const fs::path blob = data_->blobs().PathOf(digest_);
  fs::permissions(blob, fs::perms::owner_all);
  std::ofstream(blob) << "hello w0rld";
  EXPECT_THROW(Make(), StorageError);
  EXPECT_FALSE(fs::exists(Target()));
  EXPECT_FALSE(fs::exists(Target().string() + ".partial"));
}

TEST_F(BackupTest, QueuesWhatIsRunningAgain) {
  Execute("UPDATE attempts SET end_time = NULL");
  Execute("UPDATE jobs SET state = 2, end_time = NULL");
  Make();
  DataDirectory copy(Target());
  copy.database().Transact([&](SQLite::Database& connection) {
    EXPECT_TRUE(OpenAttempts(connection).empty());
    EXPECT_EQ(FindJob(connection, id_)->state(), Job::QUEUED);
  });
  EXPECT_TRUE(CheckDataDirectory(Target(), copy.database(), [](int64_t, int64_t) {}).problems.empty());
}

}  // namespace
}  // namespace modlab::server
