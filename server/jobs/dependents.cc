#include "server/jobs/dependents.h"

#include <fmt/format.h>

#include "server/jobs/job_draft.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/model_fields.h"
#include "server/jobs/request_error.h"
#include "server/store/datasets_table.h"
#include "server/store/dependencies_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;
using modlab::v1::JobError;
using modlab::v1::JobSpec;
using modlab::v1::Model;

/// What was there when the job was created is pinned, and whoever created it might read it then.
template <typename Found>
auto Require(const std::optional<Found>& found, const std::string& name, const std::string& field) {
  if (!found) {
    throw RequestError(modlab::v1::RESOURCE_NOT_FOUND, fmt::format("{} is no longer there", name), field);
  }
  return *found;
}

void Fail(SQLite::Database& connection, const std::string& job, const JobError& error) {
  SetJobError(connection, job, error);
  SetJobState(connection, job, Job::FAILED, error.message());
}

JobError ErrorOf(const RequestError& refusal) {
  JobError error;
  error.set_reason(refusal.reason());
  error.set_message(refusal.what());
  for (const auto& [key, value] : refusal.metadata()) (*error.mutable_metadata())[key] = value;
  if (!refusal.field().empty()) (*error.mutable_metadata())["field"] = refusal.field();
  return error;
}

JobError InputFailed(const Job& maker) {
  JobError error;
  error.set_reason(modlab::v1::INPUT_FAILED);
  error.set_message(
      maker.state() == Job::CANCELLED
          ? fmt::format("{}, which was to make the model, was cancelled", maker.name())
          : fmt::format("{}, which was to make the model, failed: {}", maker.name(), maker.error().message()));
  (*error.mutable_metadata())["job"] = maker.name();
  return error;
}

/// Fills in the defaults, and queues it; or fails it.
bool MoveToQueue(SQLite::Database& connection, const Limits& limits, Job waiting) {
  const std::string id = IdOf(waiting.name());
  const ModelLookup lookup = [&](const std::string& name, const std::string& field) {
    return Require(FindModel(connection, IdOf(name)), name, field);
  };
  const DatasetLookup find_dataset = [&](const std::string& name, const std::string& field) {
    return Require(FindDataset(connection, IdOf(name)), name, field);
  };
  try {
    const auto inputs = ResolveSpec(limits, lookup, find_dataset, waiting.mutable_spec());
    SetJobSpec(connection, id, waiting.spec(), inputs);
    SetJobState(connection, id, Job::QUEUED);
    return true;
  } catch (const RequestError& refusal) {
    Fail(connection, id, ErrorOf(refusal));
    return false;
  }
}

/// Names the model where the spec names its maker.
void NameModel(const std::string& maker, const std::string& model, JobSpec* spec) {
  for (const ModelField& field : ModelFields(spec)) {
    if (*field.name == maker) *field.name = model;
  }
}

/// False where the job has failed.
bool Release(SQLite::Database& connection, const Limits& limits, const Job& ended, const std::string& id) {
  DeleteDependency(connection, id, IdOf(ended.name()));
  Job waiting = *FindJob(connection, id, false);
  if (waiting.state() != Job::WAITING) return true;  // it was cancelled, or has failed for another one
  std::string model = ended.spec().inspect().model();
  if (MakesModel(ended.kind())) {
    if (ended.state() != Job::SUCCEEDED) {
      Fail(connection, id, InputFailed(ended));
      return false;
    }
    model = ModelMadeBy(ended);
    NameModel(ended.name(), model, waiting.mutable_spec());
    auto inputs = InputsOfJob(connection, id);
    SetJobSpec(connection, id, waiting.spec(), inputs);
  }
  const auto made = FindModel(connection, IdOf(model));
  if (made && made->state() == Model::INSPECTING) InsertDependency(connection, id, IdOf(made->inspect_job()));
  return !DependenciesOf(connection, id).empty() || MoveToQueue(connection, limits, waiting);
}

}  // namespace

ChangedJobs ReleaseDependents(SQLite::Database& connection, const Limits& limits, const Job& ended) {
  ChangedJobs changed;
  for (const std::string& id : DependentsOf(connection, IdOf(ended.name()))) {
    changed.all.push_back(id);
    if (!Release(connection, limits, ended, id)) changed.ended.push_back(id);
  }
  return changed;
}

}  // namespace modlab::server
