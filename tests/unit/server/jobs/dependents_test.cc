#include "server/jobs/dependents.h"

#include <gtest/gtest.h>

#include "server/jobs/job_draft.h"
#include "server/store/blobs_table.h"
#include "server/store/database.h"
#include "server/store/dependencies_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;
using modlab::v1::JobSpec;
using modlab::v1::Model;
using modlab::v1::Reason_Name;

using Ids = std::vector<std::string>;

JobSpec ScoreOf(const std::string& model) {
  JobSpec spec;
  spec.mutable_score()->set_model(model);
  return spec;
}

Job EndedJob(const std::string& name, Job::Kind kind, Job::State state) {
  Job job;
  job.set_name(name);
  job.set_owner("ada");
  job.set_kind(kind);
  job.set_state(state);
  return job;
}

/// A training that has made this model.
Job Trained(const std::string& name, const std::string& model) {
  Job job = EndedJob(name, Job::TRAIN, Job::SUCCEEDED);
  job.mutable_result()->mutable_train()->set_model(model);
  return job;
}

class Dependents : public testing::Test {
 protected:
  Dependents() {
    database_.Transact([](SQLite::Database& connection) { InsertBlob(connection, "digest", 1); });
  }

  /// Puts a job of ada's into the store that waits for these.
  void AddWaiting(const std::string& id, const JobSpec& spec, const Ids& needs, std::vector<JobInput> inputs = {}) {
    JobDraft draft;
    draft.job.set_name("jobs/" + id);
    draft.job.set_owner("ada");
    draft.job.set_kind(spec.has_score() ? Job::SCORE : spec.has_compose() ? Job::COMPOSE : Job::TRAIN);
    draft.job.set_state(Job::WAITING);
    *draft.job.mutable_spec() = spec;
    draft.inputs = std::move(inputs);
    draft.needs = needs;
    database_.Transact([&](SQLite::Database& connection) { InsertDraft(connection, &draft); });
  }
  void AddModel(const std::string& name, Model::State state = Model::READY) {
    Model model;
    model.set_name(name);
    model.set_owner("ada");
    model.set_sha256("digest");
    model.set_state(state);
    model.set_inspect_job("jobs/inspection");
    model.mutable_inspection()->mutable_graph()->set_units(100);
    database_.Transact([&](SQLite::Database& connection) {
      InsertModel(connection, model);
      UpdateModelInspection(connection, model);
    });
  }
  void EndInspection(const std::string& name, Model::State state, const std::string& message = "") {
    database_.Transact([&](SQLite::Database& connection) {
      Model model = FindModel(connection, name.substr(name.find('/') + 1)).value();
      model.set_state(state);
      model.mutable_error()->set_message(message);
      UpdateModelInspection(connection, model);
    });
  }
  ChangedJobs Release(const Job& ended) {
    return database_.Transact(
        [&](SQLite::Database& connection) { return ReleaseDependents(connection, limits_, ended); });
  }
  ChangedJobs ReleaseInspected(const std::string& model) {
    Job inspection = EndedJob("jobs/inspection", Job::INSPECT, Job::SUCCEEDED);
    inspection.mutable_spec()->mutable_inspect()->set_model(model);
    return Release(inspection);
  }
  Job Find(const std::string& id) {
    return database_.Transact([&](SQLite::Database& connection) { return FindJob(connection, id).value(); });
  }
  Ids NeedsOf(const std::string& id) {
    return database_.Transact([&](SQLite::Database& connection) { return DependenciesOf(connection, id); });
  }
  /// `file resource`, for each.
  Ids InputsOf(const std::string& id) {
    Ids inputs;
    for (const JobInput& input :
         database_.Transact([&](SQLite::Database& connection) { return InputsOfJob(connection, id); })) {
      inputs.push_back(input.file + " " + input.resource);
    }
    return inputs;
  }

  /// The job because of which it cannot be deleted.
  std::string ReaderOfModel(const std::string& name) {
    return database_.Transact(
        [&](SQLite::Database& connection) { return UnfinishedJobReading(connection, name).value_or("none"); });
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
  Limits limits_;
};

TEST_F(Dependents, AreQueuedWithAllDefaultsWhereTheModelIsReady) {
  AddModel("models/m");
  AddWaiting("score", ScoreOf("jobs/train"), {"train"});
  const ChangedJobs changed = Release(Trained("jobs/train", "models/m"));
  EXPECT_EQ(changed.all, Ids{"score"});
  EXPECT_TRUE(changed.ended.empty());
  const Job score = Find("score");
  EXPECT_EQ(score.state(), Job::QUEUED);
  EXPECT_EQ(score.spec().score().model(), "models/m");
  EXPECT_EQ(score.spec().score().partitions_size(), 2) << "the defaults";
  EXPECT_EQ(InputsOf("score"), Ids{"model.pt models/m"});
  EXPECT_TRUE(NeedsOf("score").empty());
}

TEST_F(Dependents, WaitForTheInspectionOfWhatWasMade) {
  AddModel("models/m", Model::INSPECTING);
  AddWaiting("score", ScoreOf("jobs/train"), {"train"});
  EXPECT_EQ(Release(Trained("jobs/train", "models/m")).all, Ids{"score"});
  EXPECT_EQ(Find("score").state(), Job::WAITING);
  EXPECT_EQ(Find("score").spec().score().model(), "models/m");
  EXPECT_EQ(NeedsOf("score"), Ids{"inspection"});

  EndInspection("models/m", Model::READY);
  EXPECT_EQ(ReleaseInspected("models/m").all, Ids{"score"});
  EXPECT_EQ(Find("score").state(), Job::QUEUED);
  EXPECT_EQ(InputsOf("score"), Ids{"model.pt models/m"});
}

TEST_F(Dependents, FailWhereTheModelTurnsOutToBeUnusable) {
  AddModel("models/m", Model::INSPECTING);
  AddWaiting("score", ScoreOf("models/m"), {"inspection"});
  EndInspection("models/m", Model::UNUSABLE, "it crashed");
  EXPECT_EQ(ReleaseInspected("models/m").ended, Ids{"score"});
  const Job score = Find("score");
  EXPECT_EQ(score.state(), Job::FAILED);
  EXPECT_EQ(Reason_Name(score.error().reason()), "MODEL_UNUSABLE");
  EXPECT_NE(score.error().message().find("it crashed"), std::string::npos) << score.error().message();
}

TEST_F(Dependents, FailWhereTheModelWasNotMade) {
  AddWaiting("first", ScoreOf("jobs/train"), {"train"});
  AddWaiting("second", ScoreOf("jobs/train"), {"train"});
  Job failed = EndedJob("jobs/train", Job::TRAIN, Job::FAILED);
  failed.mutable_error()->set_message("the loss became NaN");
  const ChangedJobs changed = Release(failed);
  EXPECT_EQ(changed.all, (Ids{"first", "second"})) << "oldest first";
  EXPECT_EQ(changed.ended, (Ids{"first", "second"}));
  const Job score = Find("second");
  EXPECT_EQ(score.state(), Job::FAILED);
  EXPECT_TRUE(score.has_end_time());
  EXPECT_EQ(Reason_Name(score.error().reason()), "INPUT_FAILED");
  EXPECT_EQ(score.error().metadata().at("job"), "jobs/train");
  EXPECT_EQ(score.error().message(), "jobs/train, which was to make the model, failed: the loss became NaN");
}

TEST_F(Dependents, SayThatTheirMakerWasCancelled) {
  AddWaiting("score", ScoreOf("jobs/train"), {"train"});
  Release(EndedJob("jobs/train", Job::TRAIN, Job::CANCELLED));
  EXPECT_EQ(Find("score").state(), Job::FAILED);
  EXPECT_EQ(Find("score").error().message(), "jobs/train, which was to make the model, was cancelled");
}

TEST_F(Dependents, ThatFailFailTheirOwnDependents) {
  JobSpec train;
  train.mutable_train()->set_model("jobs/build");
  AddWaiting("train", train, {"build"});
  AddWaiting("score", ScoreOf("jobs/train"), {"train"});
  Job failed = EndedJob("jobs/build", Job::BUILD, Job::FAILED);
  failed.mutable_error()->set_message("no memory");
  const ChangedJobs changed = Release(failed);
  ASSERT_EQ(changed.ended, Ids{"train"});
  EXPECT_EQ(Find("score").state(), Job::WAITING) << "the caller passes it on";
  EXPECT_EQ(Release(Find("train")).ended, Ids{"score"});
  const std::string message = Find("score").error().message();
  EXPECT_TRUE(message.starts_with("jobs/train, ")) << message;
  EXPECT_TRUE(message.ends_with("no memory")) << message;
}

TEST_F(Dependents, WaitUntilAllThatTheyNeedIsThere) {
  AddModel("models/given");
  AddModel("models/a");
  AddModel("models/b");
  JobSpec spec;
  for (const char* part : {"jobs/a", "models/given", "jobs/b", "jobs/a"}) spec.mutable_compose()->add_parts(part);
  AddWaiting("compose", spec, {"a", "b"}, {{"part-1.pt", "models/given", "digest"}});

  EXPECT_EQ(Release(Trained("jobs/a", "models/a")).all, Ids{"compose"});
  Job compose = Find("compose");
  EXPECT_EQ(compose.state(), Job::WAITING);
  EXPECT_EQ(Ids(compose.spec().compose().parts().begin(), compose.spec().compose().parts().end()),
            (Ids{"models/a", "models/given", "jobs/b", "models/a"}));
  EXPECT_EQ(NeedsOf("compose"), Ids{"b"});
  for (const char* model : {"models/given", "models/a"}) {
    EXPECT_EQ(ReaderOfModel(model), "compose") << model << " cannot be deleted meanwhile";
  }

  Release(Trained("jobs/b", "models/b"));
  compose = Find("compose");
  EXPECT_EQ(compose.state(), Job::QUEUED);
  EXPECT_EQ(compose.spec().compose().display_name(), "composed") << "the default";
  EXPECT_EQ(InputsOf("compose"),
            (Ids{"part-0.pt models/a", "part-1.pt models/given", "part-2.pt models/b", "part-3.pt models/a"}));
}

TEST_F(Dependents, FailWhereTheModelIsNotWhatTheyCanWorkOn) {
  AddModel("models/m");  // of 100 units
  JobSpec spec = ScoreOf("jobs/train");
  spec.mutable_score()->add_partitions()->mutable_spectral()->set_clusters(101);
  AddWaiting("score", spec, {"train"});
  EXPECT_EQ(Release(Trained("jobs/train", "models/m")).ended, Ids{"score"});
  const Job score = Find("score");
  EXPECT_EQ(score.state(), Job::FAILED);
  EXPECT_EQ(Reason_Name(score.error().reason()), "FIELD_INVALID");
  EXPECT_EQ(score.error().metadata().at("field"), "job.spec.score.partitions[0].spectral.clusters");
}

TEST_F(Dependents, FailWhereTheModelIsGone) {
  AddWaiting("score", ScoreOf("jobs/train"), {"train"});
  EXPECT_EQ(Release(Trained("jobs/train", "models/m")).ended, Ids{"score"});
  EXPECT_EQ(Reason_Name(Find("score").error().reason()), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(Find("score").error().message(), "models/m is no longer there");
}

TEST_F(Dependents, ThatWereCancelledMeanwhileStayAsTheyAre) {
  AddModel("models/m");
  AddWaiting("score", ScoreOf("jobs/train"), {"train"});
  database_.Transact([](SQLite::Database& connection) { SetJobState(connection, "score", Job::CANCELLED); });
  const int last_sequence = Find("score").last_sequence();
  const ChangedJobs changed = Release(Trained("jobs/train", "models/m"));
  EXPECT_TRUE(changed.all.empty());
  EXPECT_TRUE(changed.ended.empty());
  EXPECT_EQ(Find("score").state(), Job::CANCELLED);
  EXPECT_EQ(Find("score").last_sequence(), last_sequence);
  EXPECT_TRUE(NeedsOf("score").empty());
}

TEST_F(Dependents, OfAnotherJobAreLeftAlone) {
  AddWaiting("score", ScoreOf("jobs/other"), {"other"});
  EXPECT_TRUE(Release(EndedJob("jobs/train", Job::TRAIN, Job::FAILED)).all.empty());
  EXPECT_EQ(Find("score").state(), Job::WAITING);
  EXPECT_EQ(NeedsOf("score"), Ids{"other"});
}

}  // namespace
}  // namespace modlab::server
