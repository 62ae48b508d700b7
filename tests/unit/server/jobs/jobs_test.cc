#include "server/jobs/jobs.h"

#include <gtest/gtest.h>
#include <zip.h>

#include "server/jobs/models.h"
#include "server/jobs/request_error.h"
#include "server/jobs/uploads.h"
#include "server/store/blobs_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/resource_name.h"
#include "server/store/users_table.h"
#include "tests/unit/server/jobs/reason_of.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::CreateJobRequest;
using modlab::v1::Job;
using modlab::v1::Model;
using modlab::v1::Reason;

class JobsTest : public testing::Test {
 protected:
  JobsTest() {
    data_.database().Transact([&](SQLite::Database& connection) {
      InsertBlob(connection, "digest", 1);
      Model model;
      model.set_name(model_);
      model.set_owner("ada");
      model.set_sha256("digest");
      model.set_state(Model::READY);
      model.set_inspect_job("jobs/aaaaaaaaaaaa");
      InsertModel(connection, model);
    });
  }

  CreateJobRequest Request(const std::string& request_id = "") const {
    CreateJobRequest request;
    request.set_request_id(request_id);
    auto* score = request.mutable_job()->mutable_spec()->mutable_score();
    score->set_model(model_);
    score->add_partitions()->mutable_spectral()->set_clusters(2);
    return request;
  }
  /// Of an archive that looks like a model's, uploaded.
  modlab::v1::CreateModelRequest NewModel() {
    const auto path = directory_.path() / "model.pt";
    int error = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const char* name : {"net/version", "net/data.pkl", "net/code/__torch__.py"}) {
      zip_file_add(zip, name, zip_source_buffer(zip, "x", 1, 0), ZIP_FL_ENC_UTF_8);
    }
    EXPECT_EQ(zip_close(zip), 0);
    modlab::v1::CreateUploadRequest upload;
    upload.mutable_upload()->set_size_bytes(static_cast<int64_t>(std::filesystem::file_size(path)));
    upload.mutable_upload()->set_sha256(Sha256OfFile(path));
    modlab::v1::CreateModelRequest request;
    request.set_upload(uploads_.Create(ada_, upload).name());
    std::filesystem::rename(path, data_.UploadFile(IdOf(request.upload())));
    EXPECT_EQ(uploads_.Get(ada_, request.upload()).state(), modlab::v1::Upload::COMPLETE);
    return request;
  }
  void SetState(const Job& job, Job::State state) {
    data_.database().Transact([&](SQLite::Database& connection) { SetJobState(connection, IdOf(job.name()), state); });
  }

  TemporaryDirectory directory_;
  DataDirectory data_{directory_.path() / "data"};
  Limits limits_;
  JobEvents events_;
  int woken_ = 0;
  Admission admission_{data_, limits_, ""};
  Queue queue_{data_, limits_, admission_};
  Jobs jobs_{data_, limits_, admission_, queue_, events_, [this] { ++woken_; }};
  Models models_{data_, limits_, admission_, [] {}};
  Uploads uploads_{data_, limits_, admission_};
  const Principal ada_{"ada", modlab::v1::USER};
  const std::string model_ = "models/" + NewId();
};

TEST_F(JobsTest, ACreatedJobIsQueuedAndTheSchedulerToldOf) {
  const Job job = jobs_.Create(ada_, Request());
  EXPECT_EQ(job.state(), Job::QUEUED);
  EXPECT_EQ(job.kind(), Job::SCORE);
  EXPECT_EQ(woken_, 1);
  EXPECT_EQ(jobs_.Get(ada_, job.name()).spec().score().model(), model_);
}

TEST_F(JobsTest, TheSameRequestIdIsTheSameJob) {
  EXPECT_EQ(jobs_.Create(ada_, Request("r")).name(), jobs_.Create(ada_, Request("r")).name());
  CreateJobRequest other = Request("r");
  other.mutable_job()->mutable_spec()->set_seed(1);
  EXPECT_EQ(ReasonOf([&] { jobs_.Create(ada_, other); }), modlab::v1::REQUEST_ID_REUSED);
}

TEST_F(JobsTest, ValidateOnlyCreatesNothing) {
  CreateJobRequest request = Request();
  request.set_validate_only(true);
  EXPECT_TRUE(jobs_.Create(ada_, request).name().empty());
  EXPECT_EQ(jobs_.List(ada_, {}).jobs_size(), 0);
}

TEST_F(JobsTest, OthersSeeNothing) {
  const Job job = jobs_.Create(ada_, Request());
  const Principal bob{"bob", modlab::v1::USER};
  EXPECT_EQ(ReasonOf([&] { jobs_.Get(bob, job.name()); }), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf([&] { jobs_.Create(bob, Request()); }), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf([&] { jobs_.Delete(bob, job.name()); }), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(jobs_.List(bob, {}).jobs_size(), 0);
}

TEST_F(JobsTest, AQueuedJobIsCancelledAtOnceARunningOneIsAsked) {
  modlab::v1::CancelJobRequest request;
  const Job queued = jobs_.Create(ada_, Request());
  request.set_name(queued.name());
  EXPECT_EQ(jobs_.Cancel(ada_, request).state(), Job::CANCELLED);
  EXPECT_EQ(ReasonOf([&] { jobs_.Cancel(ada_, request); }), modlab::v1::JOB_ENDED);
  const Job running = jobs_.Create(ada_, Request());
  SetState(running, Job::RUNNING);
  request.set_name(running.name());
  EXPECT_EQ(jobs_.Cancel(ada_, request).state(), Job::CANCELLING);
  EXPECT_EQ(jobs_.Cancel(ada_, request).state(), Job::CANCELLING);
}

TEST_F(JobsTest, OnlyEndedJobsAndUnpinnedModelsAreDeleted) {
  const Job job = jobs_.Create(ada_, Request());
  EXPECT_EQ(ReasonOf([&] { jobs_.Delete(ada_, job.name()); }), modlab::v1::RESOURCE_IN_USE);
  EXPECT_EQ(ReasonOf([&] { models_.Delete(ada_, model_); }), modlab::v1::RESOURCE_IN_USE);
  SetState(job, Job::SUCCEEDED);
  models_.Delete(ada_, model_);
  jobs_.Delete(ada_, job.name());
  EXPECT_EQ(ReasonOf([&] { jobs_.Get(ada_, job.name()); }), modlab::v1::RESOURCE_NOT_FOUND);
}

TEST_F(JobsTest, AFullQueueSaysSo) {
  limits_.queued_jobs = 1;
  jobs_.Create(ada_, Request());
  EXPECT_EQ(ReasonOf([&] { jobs_.Create(ada_, Request()); }), modlab::v1::LIMIT_EXCEEDED);
}

TEST_F(JobsTest, AFullQueueTakesNoModelThatWouldHaveToBeInspected) {
  limits_.queued_jobs = 1;
  const auto request = NewModel();
  const auto push = [&] { models_.Create(ada_, request); };
  jobs_.Create(ada_, Request());
  EXPECT_EQ(ReasonOf(push), modlab::v1::LIMIT_EXCEEDED);
  limits_.queued_jobs = 2;
  EXPECT_NO_THROW(push());
  EXPECT_EQ(ReasonOf([&] { jobs_.Create(ada_, Request()); }), modlab::v1::LIMIT_EXCEEDED);
}

TEST_F(JobsTest, AQueuedJobSaysWhereItStandsAndWhatItWaitsFor) {
  EXPECT_EQ(jobs_.Create(ada_, Request()).waiting_for(), "a free worker");
  const Job second = jobs_.Create(ada_, Request());
  EXPECT_EQ(jobs_.Get(ada_, second.name()).queue_position(), 2);
  EXPECT_EQ(jobs_.Get(ada_, second.name()).waiting_for(), "its turn: 1 before it");
  admission_.Drain("");
  EXPECT_EQ(jobs_.Get(ada_, second.name()).waiting_for(), "the server is drained");
  SetState(second, Job::RUNNING);
  EXPECT_EQ(jobs_.Get(ada_, second.name()).waiting_for(), "");
  EXPECT_EQ(jobs_.Get(ada_, second.name()).queue_position(), 0);
}

TEST_F(JobsTest, TheQueueIsOneForAllAndEachSeesTheirOwnPartOfIt) {
  const Job running = jobs_.Create(ada_, Request());
  SetState(running, Job::RUNNING);
  const Job waiting = jobs_.Create(ada_, Request());
  modlab::v1::ListQueueRequest request;
  request.set_page_size(1);
  auto page = queue_.List(ada_, request);
  ASSERT_EQ(page.jobs_size(), 1);
  EXPECT_EQ(page.jobs(0).name(), running.name());
  request.set_page_token(page.next_page_token());
  page = queue_.List(ada_, request);
  ASSERT_EQ(page.jobs_size(), 1);
  EXPECT_EQ(page.jobs(0).name(), waiting.name());
  EXPECT_EQ(page.next_page_token(), "");
  EXPECT_EQ(queue_.List({"bob", modlab::v1::USER}, {}).jobs_size(), 0);
  EXPECT_EQ(queue_.List({"root", modlab::v1::ADMIN}, {}).jobs_size(), 2);
}

TEST_F(JobsTest, TheQueueListsWhatHasComeOrStartedSinceItsOrderWasFoundOnce) {
  std::vector<Job> jobs;
  for (int i = 0; i < 200; ++i) jobs.push_back(jobs_.Create(ada_, Request()));  // finding their order takes a while
  modlab::v1::ListQueueRequest request;
  request.set_page_size(1000);
  for (size_t next = 0; next < 20; ++next) {
    EXPECT_EQ(queue_.List(ada_, request).jobs_size(), static_cast<int>(jobs.size()));
    SetState(jobs[next], Job::RUNNING);
    jobs.push_back(jobs_.Create(ada_, Request()));
    const auto list = queue_.List(ada_, request);
    ASSERT_EQ(list.jobs_size(), static_cast<int>(jobs.size()));
    for (size_t i = 0; i <= next; ++i) EXPECT_EQ(list.jobs(static_cast<int>(i)).name(), jobs[i].name());
    EXPECT_EQ(list.jobs(list.jobs_size() - 1).name(), jobs.back().name());
  }
}

TEST_F(JobsTest, AUserMayHaveSoManyJobsWaiting) {
  limits_.user_queued_jobs = 1;
  const Job job = jobs_.Create(ada_, Request());
  EXPECT_EQ(ReasonOf([&] { jobs_.Create(ada_, Request()); }), modlab::v1::QUOTA_EXCEEDED);
  SetState(job, Job::RUNNING);
  EXPECT_NO_THROW(jobs_.Create(ada_, Request()));
}

TEST_F(JobsTest, AUserOverTheRunningQuotaIsToldSo) {
  limits_.user_running_jobs = 1;
  SetState(jobs_.Create(ada_, Request()), Job::RUNNING);
  EXPECT_EQ(jobs_.Create(ada_, Request()).waiting_for(), "one of ada's 1 running jobs to end: no more may run at once");
}

TEST_F(JobsTest, WhatIsSetForAUserGoesBeforeWhatEverybodyHas) {
  limits_.user_queued_jobs = 1;
  data_.database().Transact([](SQLite::Database& connection) {
    PutUser(connection, "ada", modlab::v1::USER);
    SetUserQuota(connection, "ada", {.running_jobs = {}, .queued_jobs = 0, .stored_bytes = {}});
  });
  for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(jobs_.Create(ada_, Request()));
}

TEST_F(JobsTest, APageTokenOfAnotherListIsRefused) {
  for (int i = 0; i < 3; ++i) jobs_.Create(ada_, Request());
  modlab::v1::ListJobsRequest request;
  request.set_page_size(2);
  request.set_page_token(jobs_.List(ada_, request).next_page_token());
  EXPECT_EQ(jobs_.List(ada_, request).jobs_size(), 1);
  request.add_states(Job::QUEUED);
  EXPECT_EQ(ReasonOf([&] { jobs_.List(ada_, request); }), modlab::v1::FIELD_INVALID);
}

}  // namespace
}  // namespace modlab::server
