#include "server/jobs/dependents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
void NameModel(const std::string& maker, const std::string& model, Job* waiting) {
  for (const ModelField& field : ModelFields(waiting->mutable_spec())) {
    if (*field.name == maker) *field.name = model;
  }
}

/// Stores what the job is told now, and pins the model: it must be there when all that the job waits for is.
void PinModel(SQLite::Database& connection, const Model& model, const Job& waiting) {
  const std::string id = IdOf(waiting.name());
  auto inputs = InputsOfJob(connection, id);
  const std::string file = IdOf(model.name());  // until all inputs are known, and have their names
  const auto is_it = [&](const JobInput& input) { return input.file == file; };
  if (std::none_of(inputs.begin(), inputs.end(), is_it)) inputs.push_back({file, model.name(), model.sha256()});
  SetJobSpec(connection, id, waiting.spec(), inputs);
}

/// False where the job has failed.
bool Release(SQLite::Database& connection, const Limits& limits, const Job& ended, Job waiting) {
  const std::string id = IdOf(waiting.name());
  std::string model = ended.spec().inspect().model();
  if (MakesModel(ended.kind()) && ended.state() != Job::SUCCEEDED) {
    Fail(connection, id, InputFailed(ended));
    return false;
  }
  if (MakesModel(ended.kind())) {
    model = ModelMadeBy(ended);
    NameModel(ended.name(), model, &waiting);
  }
  const auto made = FindModel(connection, IdOf(model));
  if (made && MakesModel(ended.kind())) PinModel(connection, *made, waiting);
  if (made && made->state() == Model::INSPECTING) InsertDependency(connection, id, IdOf(made->inspect_job()));
  return !DependenciesOf(connection, id).empty() || MoveToQueue(connection, limits, std::move(waiting));
}

}  // namespace

ChangedJobs ReleaseDependents(SQLite::Database& connection, const Limits& limits, const Job& ended) {
  ChangedJobs changed;
  for (const std::string& id : DependentsOf(connection, IdOf(ended.name()))) {
    DeleteDependency(connection, id, IdOf(ended.name()));
    Job waiting = *FindJob(connection, id, false);
    if (waiting.state() != Job::WAITING) continue;  // it was cancelled, or has failed for another one
    changed.all.push_back(id);
    if (!Release(connection, limits, ended, std::move(waiting))) changed.ended.push_back(id);
  }
  return changed;
}

}  // namespace modlab::server
