#include "server/jobs/inspection.h"

#include <gtest/gtest.h>

#include "server/store/blobs_table.h"
#include "server/store/database.h"
#include "server/store/models_table.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;
using modlab::v1::Model;

class Inspection : public testing::Test {
 protected:
  Inspection() {
    database_.Transact([&](SQLite::Database& connection) {
      InsertBlob(connection, "digest", 1);
      Model model;
      model.set_name("models/m");
      model.set_owner("ada");
      model.set_sha256("digest");
      model.set_state(Model::INSPECTING);
      model.set_inspect_job("jobs/first");
      InsertModel(connection, model);
    });
  }

  /// Records that an inspection has found so many parameters, and returns how many the model has then.
  double AfterInspection(const std::string& job_name, const std::string& owner, double parameters) {
    Job job;
    job.set_name(job_name);
    job.set_owner(owner);
    job.set_kind(Job::INSPECT);
    job.set_state(Job::SUCCEEDED);
    job.mutable_spec()->mutable_inspect()->set_model("models/m");
    job.mutable_result()->mutable_inspect()->set_parameters(parameters);
    return database_.Transact([&](SQLite::Database& connection) {
      RecordInspection(connection, job);
      return FindModel(connection, "m")->inspection().parameters();
    });
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
};

TEST_F(Inspection, IsTheOwnersToRepeat) {
  EXPECT_EQ(AfterInspection("jobs/first", "ada", 10), 10);
  EXPECT_EQ(AfterInspection("jobs/second", "ada", 20), 20);
}

TEST_F(Inspection, OfSomebodyWhoMayReadTheModelChangesNothing) {
  EXPECT_EQ(AfterInspection("jobs/first", "ada", 10), 10);
  EXPECT_EQ(AfterInspection("jobs/second", "bob", 20), 10);
}

}  // namespace
}  // namespace modlab::server
