#include "server/jobs/job_draft.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/jobs/request_error.h"
#include "server/store/blobs_table.h"
#include "server/store/database.h"
#include "server/store/dependencies_table.h"
#include "server/store/models_table.h"
#include "server/store/resource_name.h"
#include "server/store/users_table.h"
#include "tests/unit/server/jobs/reason_of.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;
using modlab::v1::JobResult;
using modlab::v1::Model;

using Names = std::vector<std::string>;

Job RequestedScore(const std::string& model) {
  Job job;
  job.mutable_spec()->mutable_score()->set_model(model);
  return job;
}

JobResult ResultWithModel(const std::string& model) {
  JobResult result;
  result.mutable_train()->set_model(model);
  return result;
}

class JobDraftTest : public testing::Test {
 protected:
  JobDraftTest() {
    database_.Transact([](SQLite::Database& connection) { InsertBlob(connection, "digest", 10); });
  }

  std::string AddModel(Model::State state = Model::READY, const std::string& inspect_job = "") {
    Model model;
    model.set_name("models/" + NewId());
    model.set_owner("ada");
    model.set_sha256("digest");
    model.set_size_bytes(10);
    model.set_state(state);
    model.set_inspect_job(inspect_job);
    database_.Transact([&](SQLite::Database& connection) { InsertModel(connection, model); });
    return model.name();
  }
  /// A job of ada's.
  std::string AddJob(Job::Kind kind, Job::State state, const JobResult& result = {},
                     modlab::v1::Sharing sharing = modlab::v1::PRIVATE) {
    Job job;
    job.set_name("jobs/" + NewId());
    job.set_owner("ada");
    job.set_kind(kind);
    job.set_state(state);
    job.set_sharing(sharing);
    database_.Transact([&](SQLite::Database& connection) {
      InsertJob(connection, job, {});
      SetJobResult(connection, IdOf(job.name()), result);
      SetJobState(connection, IdOf(job.name()), state);
    });
    return job.name();
  }
  JobDraft Draft(const Job& requested, const Principal& principal) {
    return database_.Transact(
        [&](SQLite::Database& connection) { return DraftJob(connection, principal, limits_, requested); });
  }
  JobDraft Draft(const Job& requested) { return Draft(requested, ada_); }
  RequestError Refusal(const Job& requested, const Principal& principal) {
    try {
      Draft(requested, principal);
    } catch (const RequestError& error) {
      return error;
    }
    return {modlab::v1::REASON_UNSPECIFIED, "not refused"};
  }
  RequestError Refusal(const Job& requested) { return Refusal(requested, ada_); }
  Job Insert(JobDraft& draft) {
    return database_.Transact([&](SQLite::Database& connection) {
      InsertDraft(connection, &draft);
      return FindJob(connection, IdOf(draft.job.name())).value();
    });
  }
  modlab::v1::Reason RefusalOfAnotherJob() {
    return ReasonOf(
        [&] { database_.Transact([&](SQLite::Database& connection) { CheckJobIsTaken(connection, ada_, limits_); }); });
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
  Limits limits_;
  const Principal ada_{"ada", modlab::v1::USER};
  const Principal bob_{"bob", modlab::v1::USER};
};

TEST_F(JobDraftTest, OfAModelThatIsThereIsQueuedWithAllDefaults) {
  const std::string model = AddModel();
  const JobDraft draft = Draft(RequestedScore(model));
  EXPECT_EQ(draft.job.state(), Job::QUEUED);
  EXPECT_EQ(draft.job.kind(), Job::SCORE);
  EXPECT_EQ(draft.job.owner(), "ada");
  EXPECT_EQ(draft.job.sharing(), modlab::v1::PRIVATE);
  EXPECT_TRUE(draft.job.spec().has_seed());
  EXPECT_EQ(draft.job.spec().score().partitions_size(), 2);
  ASSERT_EQ(draft.inputs.size(), 1U);
  EXPECT_EQ(draft.inputs[0].resource, model);
  EXPECT_EQ(draft.inputs[0].sha256, "digest");
  EXPECT_TRUE(draft.needs.empty());
}

TEST_F(JobDraftTest, HasWhatIsTheCallersToSayAndNothingElse) {
  database_.Transact([](SQLite::Database& connection) { PutUser(connection, "bob", modlab::v1::USER); });
  Job requested = RequestedScore(AddModel());
  (*requested.mutable_labels())["study"] = "first";
  requested.set_priority(-100);
  requested.set_sharing(modlab::v1::EVERYONE);
  requested.add_shared_with("bob");
  requested.set_name("jobs/aaaaaaaaaaaa");
  requested.set_owner("bob");
  requested.set_kind(Job::BUILD);
  requested.set_state(Job::SUCCEEDED);
  requested.mutable_result()->mutable_build()->set_model("models/aaaaaaaaaaaa");
  const Job job = Draft(requested).job;
  EXPECT_EQ(job.labels().at("study"), "first");
  EXPECT_EQ(job.priority(), -100);
  EXPECT_EQ(job.sharing(), modlab::v1::EVERYONE);
  EXPECT_EQ(job.shared_with(0), "bob");
  EXPECT_EQ(job.name(), "");
  EXPECT_EQ(job.owner(), "ada");
  EXPECT_EQ(job.kind(), Job::SCORE);
  EXPECT_EQ(job.state(), Job::QUEUED);
  EXPECT_FALSE(job.has_result());
}

TEST_F(JobDraftTest, RefusalsNameTheFieldOfTheJob) {
  const Job taken = RequestedScore(AddModel());
  EXPECT_EQ(Refusal(taken).reason(), modlab::v1::REASON_UNSPECIFIED);
  for (const int priority : {-101, 101}) {
    Job requested = taken;
    requested.set_priority(priority);
    EXPECT_EQ(Refusal(requested).field(), "job.priority");
    EXPECT_NE(std::string(Refusal(requested).what()).find("-100 to 100"), std::string::npos);
  }
  Job labelled = taken;
  (*labelled.mutable_labels())[""] = "x";
  EXPECT_EQ(Refusal(labelled).field(), "job.labels");
  Job shared = taken;
  shared.add_shared_with("nobody");
  EXPECT_EQ(Refusal(shared).field(), "job.shared_with");
  EXPECT_EQ(Refusal(Job()).field(), "job.spec");
}

TEST_F(JobDraftTest, OfAModelToComeWaitsForTheJobThatMakesIt) {
  for (const Job::State state : {Job::QUEUED, Job::RUNNING, Job::CANCELLING}) {
    const std::string maker = AddJob(Job::TRAIN, state);
    const JobDraft draft = Draft(RequestedScore(maker));
    EXPECT_EQ(draft.job.state(), Job::WAITING);
    EXPECT_EQ(draft.job.kind(), Job::SCORE);
    EXPECT_EQ(draft.needs, Names{IdOf(maker)});
    EXPECT_TRUE(draft.inputs.empty());
    EXPECT_EQ(draft.job.spec().score().model(), maker);
    EXPECT_EQ(draft.job.spec().score().partitions_size(), 0) << "defaults are filled in when the model is there";
  }
}

TEST_F(JobDraftTest, AModelThatWasMadeTakesItsMakersPlace) {
  const std::string model = AddModel();
  const std::string maker = AddJob(Job::TRAIN, Job::SUCCEEDED, ResultWithModel(model));
  const JobDraft draft = Draft(RequestedScore(maker));
  EXPECT_EQ(draft.job.state(), Job::QUEUED);
  EXPECT_EQ(draft.job.spec().score().model(), model);
  ASSERT_EQ(draft.inputs.size(), 1U);
  EXPECT_EQ(draft.inputs[0].resource, model);
}

TEST_F(JobDraftTest, TheInspectionOfAModelThatWasMadeIsWaitedFor) {
  const std::string model = AddModel(Model::INSPECTING, "jobs/inspectionaa");
  const std::string maker = AddJob(Job::TRAIN, Job::SUCCEEDED, ResultWithModel(model));
  const JobDraft draft = Draft(RequestedScore(maker));
  EXPECT_EQ(draft.job.state(), Job::WAITING);
  EXPECT_EQ(draft.job.spec().score().model(), model);
  EXPECT_EQ(draft.needs, Names{"inspectionaa"});
  ASSERT_EQ(draft.inputs.size(), 1U) << "it cannot be deleted meanwhile";
  EXPECT_EQ(draft.inputs[0].resource, model);
}

TEST_F(JobDraftTest, OfAModelThatWasPushedWaitsForNothing) {
  const JobDraft draft = Draft(RequestedScore(AddModel(Model::INSPECTING, "jobs/inspectionaa")));
  EXPECT_EQ(draft.job.state(), Job::QUEUED);
  EXPECT_TRUE(draft.needs.empty());
}

TEST_F(JobDraftTest, RefusesJobsThatMakeNoModelOrMadeNone) {
  const auto expect = [&](const std::string& maker, modlab::v1::Reason reason, const std::string& why) {
    const RequestError refusal = Refusal(RequestedScore(maker));
    EXPECT_EQ(modlab::v1::Reason_Name(refusal.reason()), modlab::v1::Reason_Name(reason)) << why;
    EXPECT_EQ(refusal.field(), "job.spec.score.model") << why;
    EXPECT_NE(std::string(refusal.what()).find(maker + why), std::string::npos) << refusal.what();
  };
  expect(AddJob(Job::SCORE, Job::QUEUED), modlab::v1::FIELD_INVALID, " is of kind score and makes no model");
  expect(AddJob(Job::BUILD, Job::FAILED), modlab::v1::RESULT_MISSING, " has failed");
  expect(AddJob(Job::COMPOSE, Job::CANCELLED), modlab::v1::RESULT_MISSING, " has been cancelled");
  expect("jobs/aaaaaaaaaaaa", modlab::v1::RESOURCE_NOT_FOUND, "");
  expect("jobs/no-id", modlab::v1::RESOURCE_NOT_FOUND, "");
  const std::string failed = AddJob(Job::BUILD, Job::FAILED);
  EXPECT_EQ(Refusal(RequestedScore(failed)).metadata().at("state"), "FAILED");
}

TEST_F(JobDraftTest, RefusesAModelThatWasMadeAndIsGone) {
  const std::string maker = AddJob(Job::TRAIN, Job::SUCCEEDED, ResultWithModel("models/aaaaaaaaaaaa"));
  const RequestError refusal = Refusal(RequestedScore(maker));
  EXPECT_EQ(refusal.reason(), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(refusal.field(), "job.spec.score.model");
  EXPECT_NE(std::string(refusal.what()).find("models/aaaaaaaaaaaa"), std::string::npos) << refusal.what();
}

TEST_F(JobDraftTest, OthersJobsMakeNoModelsForOne) {
  const std::string hidden = AddJob(Job::TRAIN, Job::QUEUED);
  EXPECT_EQ(Refusal(RequestedScore(hidden), bob_).reason(), modlab::v1::RESOURCE_NOT_FOUND);
  const std::string shared = AddJob(Job::TRAIN, Job::QUEUED, {}, modlab::v1::EVERYONE);
  const RequestError refusal = Refusal(RequestedScore(shared), bob_);
  EXPECT_EQ(refusal.reason(), modlab::v1::FIELD_INVALID);
  EXPECT_NE(std::string(refusal.what()).find(shared + " is ada's"), std::string::npos) << refusal.what();
  EXPECT_EQ(Refusal(RequestedScore(hidden), {"root", modlab::v1::ADMIN}).reason(), modlab::v1::FIELD_INVALID);
}

TEST_F(JobDraftTest, EveryPartOfACompositionMayBeToCome) {
  const std::string model = AddModel();
  const std::string first = AddJob(Job::BUILD, Job::QUEUED);
  const std::string head = AddJob(Job::COMPOSE, Job::WAITING);
  Job requested;
  auto& compose = *requested.mutable_spec()->mutable_compose();
  for (const std::string& part : {first, model, first}) compose.add_parts(part);
  compose.set_head(head);
  JobDraft draft = Draft(requested);
  EXPECT_EQ(draft.job.state(), Job::WAITING);
  ASSERT_EQ(draft.inputs.size(), 1U);
  EXPECT_EQ(draft.inputs[0].file, "part-1.pt");
  EXPECT_EQ(draft.inputs[0].resource, model);
  const Job stored = Insert(draft);
  Names waits_for =
      database_.Transact([&](SQLite::Database& connection) { return DependenciesOf(connection, IdOf(stored.name())); });
  EXPECT_TRUE(std::is_permutation(waits_for.begin(), waits_for.end(), Names{IdOf(first), IdOf(head)}.begin()));
  EXPECT_EQ(waits_for.size(), 2U) << "one that is named twice is waited for once";

  compose.set_parts(2, "jobs/aaaaaaaaaaaa");
  EXPECT_EQ(Refusal(requested).field(), "job.spec.compose.parts[2]");
  compose.set_parts(2, first);
  compose.set_head("jobs/aaaaaaaaaaaa");
  EXPECT_EQ(Refusal(requested).field(), "job.spec.compose.head");
}

TEST_F(JobDraftTest, WhatWaitsIsCheckedAsFarAsCanBe) {
  Job requested = RequestedScore(AddJob(Job::TRAIN, Job::QUEUED));
  auto& score = *requested.mutable_spec()->mutable_score();
  score.add_partitions()->mutable_spectral()->set_clusters(1000);
  EXPECT_EQ(Draft(requested).job.state(), Job::WAITING) << "nobody knows yet how many units there are";
  score.set_resolution(-1);
  EXPECT_EQ(Refusal(requested).field(), "job.spec.score.resolution");
}

TEST_F(JobDraftTest, IsStoredAsItIsUnderANewName) {
  JobDraft draft = Draft(RequestedScore(AddJob(Job::TRAIN, Job::QUEUED)));
  const Job stored = Insert(draft);
  EXPECT_TRUE(ParseName(stored.name(), "jobs").has_value()) << stored.name();
  EXPECT_EQ(stored.name(), draft.job.name());
  EXPECT_EQ(stored.state(), Job::WAITING);
  EXPECT_EQ(stored.spec().score().model(), draft.job.spec().score().model());
  EXPECT_GT(stored.create_time().seconds(), 0);
  EXPECT_EQ(stored.last_sequence(), 1) << "the event that says that it waits";
}

TEST_F(JobDraftTest, KeepsANameThatItWasGiven) {
  JobDraft draft = Draft(RequestedScore(AddModel()));
  draft.job.set_name("jobs/bbbbbbbbbbbb");
  EXPECT_EQ(Insert(draft).name(), "jobs/bbbbbbbbbbbb");
  const auto inputs =
      database_.Transact([](SQLite::Database& connection) { return InputsOfJob(connection, "bbbbbbbbbbbb"); });
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(inputs[0].resource, draft.inputs[0].resource);
}

TEST_F(JobDraftTest, JobsThatWaitCountAsQueued) {
  EXPECT_EQ(RefusalOfAnotherJob(), modlab::v1::REASON_UNSPECIFIED);
  AddJob(Job::TRAIN, Job::WAITING);
  limits_.queued_jobs = 1;
  EXPECT_EQ(RefusalOfAnotherJob(), modlab::v1::LIMIT_EXCEEDED);
  limits_.queued_jobs = 2;
  limits_.user_queued_jobs = 1;
  EXPECT_EQ(RefusalOfAnotherJob(), modlab::v1::QUOTA_EXCEEDED);
  limits_.user_queued_jobs = 2;
  EXPECT_EQ(RefusalOfAnotherJob(), modlab::v1::REASON_UNSPECIFIED);
}

TEST_F(JobDraftTest, WhoHasStoredTooMuchCreatesNoMoreJobs) {
  AddModel();  // 10 bytes
  limits_.user_stored_bytes = 10;
  EXPECT_EQ(RefusalOfAnotherJob(), modlab::v1::REASON_UNSPECIFIED);
  limits_.user_stored_bytes = 9;
  EXPECT_EQ(RefusalOfAnotherJob(), modlab::v1::QUOTA_EXCEEDED);
}

TEST_F(JobDraftTest, AJobIsFoundByWhoMayDoThisWithIt) {
  const std::string shared = AddJob(Job::TRAIN, Job::SUCCEEDED, ResultWithModel("models/m"), modlab::v1::EVERYONE);
  const auto find = [&](const Principal& principal, Verb verb, bool with_result = true) {
    return database_.Transact([&](SQLite::Database& connection) {
      return FindAuthorizedJob(connection, principal, verb, shared, with_result, "job");
    });
  };
  EXPECT_EQ(find(bob_, Verb::kRead).result().train().model(), "models/m");
  EXPECT_FALSE(find(ada_, Verb::kChange, false).has_result());
  EXPECT_EQ(ReasonOf([&] { find(bob_, Verb::kChange); }), modlab::v1::PERMISSION_REFUSED);
}

TEST(MakesModel, IsTrueOfBuildTrainAndCompose) {
  for (int kind = Job::Kind_MIN; kind <= Job::Kind_MAX; ++kind) {
    const bool makes = kind == Job::BUILD || kind == Job::TRAIN || kind == Job::COMPOSE;
    EXPECT_EQ(MakesModel(static_cast<Job::Kind>(kind)), makes) << kind;
  }
}

TEST(ModelMadeBy, IsNamedInTheResultOfEachKindThatMakesOne) {
  const auto made = [](auto fill) {
    Job job;
    fill(*job.mutable_result());
    return ModelMadeBy(job);
  };
  EXPECT_EQ(made([](JobResult& result) { result.mutable_build()->set_model("models/b"); }), "models/b");
  EXPECT_EQ(made([](JobResult& result) { result.mutable_train()->set_model("models/t"); }), "models/t");
  EXPECT_EQ(made([](JobResult& result) { result.mutable_compose()->set_model("models/c"); }), "models/c");
  EXPECT_EQ(made([](JobResult& result) { result.mutable_score()->set_reading("modular"); }), "");
}

}  // namespace
}  // namespace modlab::server
