#include "server/jobs/models.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include "server/jobs/archive_check.h"
#include "server/jobs/idempotency.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/paging.h"
#include "server/jobs/quotas.h"
#include "server/jobs/request_error.h"
#include "server/jobs/sharing.h"
#include "server/store/blobs_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/uploads_table.h"

namespace modlab::server {
namespace {

using modlab::v1::CreateModelRequest;
using modlab::v1::Job;
using modlab::v1::Model;
using modlab::v1::Upload;

constexpr size_t kLongestDisplayName = 200;
/// Inspections are short, and their owners wait for them.
constexpr int kInspectPriority = 100;

/// The model that a request describes, checked; without a name.
Model Describe(const Principal& principal, const CreateModelRequest& request) {
  Model model;
  model.set_owner(principal.name);
  model.set_display_name(request.model().display_name());
  if (model.display_name().size() > kLongestDisplayName) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("a display name has at most {} characters", kLongestDisplayName),
                       "model.display_name");
  }
  if (!Model::Format_IsValid(request.model().format())) {
    throw RequestError(modlab::v1::FIELD_INVALID, "unknown model format: this server takes TORCHSCRIPT",
                       "model.format");
  }
  model.set_format(Model::TORCHSCRIPT);
  CheckLabels(request.model().labels(), "model.labels");
  *model.mutable_labels() = request.model().labels();
  return model;
}

Upload CompleteUpload(SQLite::Database& connection, const Principal& principal, const std::string& name) {
  const auto id = ParseName(name, "uploads");
  const auto stored = id ? FindUpload(connection, *id) : std::nullopt;
  if (!stored) ThrowNotFound(name.empty() ? "uploads/" : name, "upload");
  Authorize(principal, Verb::kRead, {name, stored->owner, modlab::v1::PRIVATE, {}, "upload"});
  if (stored->upload.state() != Upload::COMPLETE) {
    throw RequestError(modlab::v1::UPLOAD_INCOMPLETE,
                       fmt::format("{} has not received all of its {} bytes yet: send the rest first", name,
                                   stored->upload.size_bytes()),
                       "upload");
  }
  return stored->upload;
}

/// Queues the model's inspection and says so in the model.
void Inspect(SQLite::Database& connection, const Limits& limits, const CreateModelRequest& request,
             const modlab::v1::Resources& resources, Model* model) {
  if (CountJobs(connection, Job::QUEUED) >= limits.queued_jobs) {
    throw RequestError(modlab::v1::LIMIT_EXCEEDED,
                       fmt::format("the queue is full ({} jobs), and a model is inspected by a job: try again later",
                                   limits.queued_jobs),
                       "", {{"limit", std::to_string(limits.queued_jobs)}});
  }
  Job job;
  job.set_name("jobs/" + NewId());
  job.set_owner(model->owner());
  job.set_sharing(modlab::v1::PRIVATE);
  job.set_kind(Job::INSPECT);
  job.set_priority(kInspectPriority);
  *job.mutable_create_time() = ToTimestamp(NowMicros());
  job.mutable_spec()->set_seed(0);
  *job.mutable_spec()->mutable_resources() = resources;
  auto* inspect = job.mutable_spec()->mutable_inspect();
  inspect->set_model(model->name());
  *inspect->mutable_input_shapes() = request.input_shapes();
  InsertJob(connection, job, {{IdOf(model->name()), model->sha256()}});
  model->set_inspect_job(job.name());
  model->set_state(Model::INSPECTING);
  model->clear_error();
  model->clear_inspection();
}

/// Whether an inspection with the request's shapes could say something else than the model's last one.
bool AsksForAnotherInspection(SQLite::Database& connection, const CreateModelRequest& request, const Model& model) {
  if (model.state() == Model::UNUSABLE) return true;        // with other limits, perhaps
  if (!model.inspection().has_graph_error()) return false;  // a good inspection is never given up for another
  const auto last = FindJob(connection, IdOf(model.inspect_job()), false);
  if (!last) return true;
  modlab::v1::InspectSpec asked = last->spec().inspect();
  *asked.mutable_input_shapes() = request.input_shapes();
  return !google::protobuf::util::MessageDifferencer::Equals(asked, last->spec().inspect());
}

}  // namespace

Model FindAuthorizedModel(SQLite::Database& connection, const Principal& principal, Verb verb, const std::string& name,
                          const std::string& field) {
  const auto id = ParseName(name, "models");
  auto model = id ? FindModel(connection, *id) : std::nullopt;
  if (!model) ThrowNotFound(name, field);
  Authorize(principal, verb, {name, model->owner(), model->sharing(), model->shared_with(), field});
  return *model;
}

Model Models::Create(const Principal& principal, const CreateModelRequest& request) {
  Authorize(principal, Verb::kCreate, {"server", ""});
  Model model = Describe(principal, request);
  CheckInputShapes(request.input_shapes(), "input_shapes");
  modlab::v1::Resources resources = request.resources();
  ResolveResources(limits_, "resources", &resources);
  const IdempotentRequest idempotent(principal.name, "CreateModel", request.request_id(), request);

  const auto earlier =
      data_.database().Read([&](SQLite::Database& connection) { return idempotent.EarlierResource(connection); });
  if (earlier) return Get(principal, *earlier);
  admission_.CheckJobsAreTaken();
  const Upload upload = data_.database().Read([&](SQLite::Database& connection) {
    model.set_sharing(CheckSharing(connection, request.model().sharing(), request.model().shared_with(), "model."));
    *model.mutable_shared_with() = request.model().shared_with();
    return CompleteUpload(connection, principal, request.upload());
  });
  CheckTorchScriptArchive(data_.blobs().PathOf(upload.sha256()));
  model.set_sha256(upload.sha256());
  model.set_size_bytes(upload.size_bytes());
  if (model.display_name().empty()) model.set_display_name(upload.sha256().substr(0, 12));
  if (request.validate_only()) return model;

  model = data_.database().Transact([&](SQLite::Database& connection) {
    if (const auto raced = idempotent.EarlierResource(connection)) {
      return FindAuthorizedModel(connection, principal, Verb::kRead, *raced);
    }
    CompleteUpload(connection, principal, request.upload());  // it may have gone meanwhile
    CheckQueuedQuota(connection, limits_, principal.name);
    auto existing = FindModelByContent(connection, principal.name, model.sha256());
    if (!existing) {
      model.set_name("models/" + NewId());
      *model.mutable_create_time() = ToTimestamp(NowMicros());
      Inspect(connection, limits_, request, resources, &model);
      InsertModel(connection, model);
      existing = model;
    } else if (AsksForAnotherInspection(connection, request, *existing)) {
      Inspect(connection, limits_, request, resources, &*existing);
      UpdateModelInspection(connection, *existing);
    }
    DeleteUpload(connection, IdOf(upload.name()));
    idempotent.Remember(connection, existing->name());
    return *existing;
  });
  wake_();
  return model;
}

Model Models::Get(const Principal& principal, const std::string& name) {
  return data_.database().Read(
      [&](SQLite::Database& connection) { return FindAuthorizedModel(connection, principal, Verb::kRead, name); });
}

modlab::v1::ListModelsResponse Models::List(const Principal& principal, const modlab::v1::ListModelsRequest& request) {
  const std::string filter = FilterOf(request);
  const Page page = RequirePage(request.page_size(), request.page_token(), filter);
  const ModelList list = data_.database().Read([&](SQLite::Database& connection) {
    return ListModels(connection, {ReaderOf(principal), request.sha256(), request.labels()}, page);
  });
  modlab::v1::ListModelsResponse response;
  for (const Model& model : list.models) *response.add_models() = model;
  if (list.last_sequence) response.set_next_page_token(MakePageToken(*list.last_sequence, filter));
  return response;
}

Model Models::Share(const Principal& principal, const modlab::v1::ShareRequest& request) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    FindAuthorizedModel(connection, principal, Verb::kChange, request.name());
    const auto sharing = CheckSharing(connection, request.sharing(), request.shared_with(), "");
    SetModelSharing(connection, IdOf(request.name()), sharing);
    SetShares(connection, request.name(), request.shared_with());
    return FindAuthorizedModel(connection, principal, Verb::kRead, request.name());
  });
}

void Models::Delete(const Principal& principal, const std::string& name) {
  data_.database().Transact([&](SQLite::Database& connection) {
    const Model model = FindAuthorizedModel(connection, principal, Verb::kDelete, name);
    if (const auto job = UnfinishedJobOfModel(connection, IdOf(name))) {
      throw RequestError(
          modlab::v1::RESOURCE_IN_USE,
          fmt::format("{} is used by the unfinished job jobs/{}: wait for it or cancel it first", name, *job), "name",
          {{"job", "jobs/" + *job}});
    }
    DeleteModel(connection, IdOf(name));
    if (DeleteBlobIfUnused(connection, model.sha256())) {
      data_.database().AfterCommit([this, sha256 = model.sha256()] { data_.blobs().Remove(sha256); });
    }
  });
}

FileDescriptor Models::Open(const Principal& principal, const std::string& name) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    return data_.blobs().Open(FindAuthorizedModel(connection, principal, Verb::kRead, name).sha256());
  });
}

}  // namespace modlab::server
