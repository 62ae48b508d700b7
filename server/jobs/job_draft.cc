#include "server/jobs/job_draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/jobs/datasets.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/model_fields.h"
#include "server/jobs/models.h"
#include "server/jobs/quotas.h"
#include "server/jobs/request_error.h"
#include "server/jobs/scored_job.h"
#include "server/jobs/sharing.h"
#include "server/store/dependencies_table.h"
#include "server/store/models_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;
using modlab::v1::Model;

constexpr int kLargestPriority = 100;

bool NamesJob(const std::string& name) { return name.starts_with("jobs/"); }

void CheckJobFields(const Job& job) {
  CheckLabels(job.labels(), "job.labels");
  if (job.priority() < -kLargestPriority || job.priority() > kLargestPriority) {
    throw RequestError(
        modlab::v1::FIELD_INVALID,
        fmt::format("{} is not a priority: give -{} to {}", job.priority(), kLargestPriority, kLargestPriority),
        "job.priority");
  }
}

/// Puts the model in the place of the job that has made it; or returns the job that is to be waited for.
std::string ResolveMaker(SQLite::Database& connection, const Principal& principal, const ModelField& field) {
  const std::string path = "job.spec." + field.path;
  const Job maker = FindAuthorizedJob(connection, principal, Verb::kRead, *field.name, true, path);
  const auto refuse = [&](modlab::v1::Reason reason, const std::string& why) {
    throw RequestError(reason, why, path, {{"state", Job::State_Name(maker.state())}});
  };
  if (!MakesModel(maker.kind())) {
    refuse(modlab::v1::FIELD_INVALID,
           fmt::format("{} is of kind {} and makes no model: name a build, train or compose job, or a model",
                       maker.name(), Lower(Job::Kind_Name(maker.kind()))));
  }
  if (maker.owner() != principal.name) {
    refuse(modlab::v1::FIELD_INVALID,
           fmt::format("{} is {}'s, and so is the model that it makes: name a job of yours, or a model that is shared "
                       "with you",
                       maker.name(), maker.owner()));
  }
  if (maker.state() == Job::FAILED || maker.state() == Job::CANCELLED) {
    refuse(modlab::v1::RESULT_MISSING, fmt::format("{} has {} and made no model", maker.name(),
                                                   maker.state() == Job::FAILED ? "failed" : "been cancelled"));
  }
  if (!HasEnded(maker.state())) return IdOf(maker.name());
  *field.name = ModelMadeBy(maker);
  const Model model = FindAuthorizedModel(connection, principal, Verb::kRead, *field.name, path);
  return model.state() == Model::INSPECTING ? IdOf(model.inspect_job()) : "";
}

}  // namespace

bool MakesModel(Job::Kind kind) { return kind == Job::BUILD || kind == Job::TRAIN || kind == Job::COMPOSE; }

std::string ModelMadeBy(const Job& job) {
  const auto& result = job.result();
  if (result.has_build()) return result.build().model();
  if (result.has_train()) return result.train().model();
  return result.compose().model();
}

Job FindAuthorizedJob(SQLite::Database& connection, const Principal& principal, Verb verb, const std::string& name,
                      bool with_result, const std::string& field) {
  const auto id = ParseName(name, "jobs");
  auto job = id ? FindJob(connection, *id, with_result) : std::nullopt;
  if (!job) ThrowNotFound(name, field);
  Authorize(principal, verb, {name, job->owner(), job->sharing(), job->shared_with(), field});
  return *job;
}

void CheckJobIsTaken(SQLite::Database& connection, const Principal& principal, const Limits& limits) {
  CheckQueueHasRoom(connection, limits);
  CheckQueuedQuota(connection, limits, principal.name);
  CheckStoredQuota(connection, limits, principal.name);
}

JobDraft DraftJob(SQLite::Database& connection, const Principal& principal, const Limits& limits,
                  const Job& requested) {
  CheckJobFields(requested);
  JobDraft draft;
  Job& job = draft.job;
  *job.mutable_labels() = requested.labels();
  job.set_priority(requested.priority());
  job.set_owner(principal.name);
  job.set_sharing(CheckSharing(connection, requested.sharing(), requested.shared_with(), "job."));
  *job.mutable_shared_with() = requested.shared_with();
  *job.mutable_spec() = requested.spec();
  for (const ModelField& field : ModelFields(job.mutable_spec())) {
    if (!NamesJob(*field.name)) continue;
    const std::string needed = ResolveMaker(connection, principal, field);
    if (!needed.empty()) draft.needs.push_back(needed);
  }
  const ModelLookup lookup = [&](const std::string& name, const std::string& field) {
    if (!NamesJob(name)) return FindAuthorizedModel(connection, principal, Verb::kRead, name, field);
    Model to_come;
    to_come.set_name(name);
    to_come.set_state(Model::INSPECTING);
    return to_come;
  };
  const DatasetLookup find_dataset = [&](const std::string& name, const std::string& field) {
    return FindAuthorizedDataset(connection, principal, Verb::kRead, name, field);
  };
  // What waits is checked again when its models are there; its defaults are filled in only then, as some depend on
  // them.
  modlab::v1::JobSpec resolved = job.spec();
  draft.inputs = ResolveSpec(limits, lookup, find_dataset, &resolved);
  std::erase_if(draft.inputs, [](const JobInput& input) { return NamesJob(input.resource); });
  if (draft.needs.empty()) *job.mutable_spec() = resolved;
  job.set_kind(KindOf(job.spec()));
  job.set_state(draft.needs.empty() ? Job::QUEUED : Job::WAITING);
  return draft;
}

void InsertDraft(SQLite::Database& connection, JobDraft* draft) {
  if (draft->job.name().empty()) draft->job.set_name("jobs/" + NewId());
  *draft->job.mutable_create_time() = ToTimestamp(NowMicros());
  InsertJob(connection, draft->job, draft->inputs);
  for (const std::string& needed : draft->needs) InsertDependency(connection, IdOf(draft->job.name()), needed);
}

}  // namespace modlab::server
