#include "server/jobs/models.h"

#include <google/protobuf/util/message_differencer.h>

#include "server/jobs/archive_check.h"
#include "server/jobs/idempotency.h"
#include "server/jobs/inspection.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/paging.h"
#include "server/jobs/quotas.h"
#include "server/jobs/request_error.h"
#include "server/jobs/resource_checks.h"
#include "server/jobs/sharing.h"
#include "server/jobs/uploads.h"
#include "server/store/blobs_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/uploads_table.h"

namespace modlab::server {
namespace {

using modlab::v1::CreateModelRequest;
using modlab::v1::Model;
using modlab::v1::Upload;

/// The model that a request describes, checked; without a name.
Model Describe(const Principal& principal, const CreateModelRequest& request) {
  Model model;
  model.set_owner(principal.name);
  model.set_display_name(request.model().display_name());
  CheckDisplayName(model.display_name(), "model.display_name");
  if (!Model::Format_IsValid(request.model().format())) {
    throw RequestError(modlab::v1::FIELD_INVALID, "unknown model format: this server takes TORCHSCRIPT",
                       "model.format");
  }
  model.set_format(Model::TORCHSCRIPT);
  CheckLabels(request.model().labels(), "model.labels");
  *model.mutable_labels() = request.model().labels();
  return model;
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
    return FindCompleteUpload(connection, principal, request.upload(), "upload");
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
    FindCompleteUpload(connection, principal, request.upload(), "upload");  // it may have gone meanwhile
    CheckQueuedQuota(connection, limits_, principal.name);
    const auto inspect = [&](Model* inspected) {
      CheckQueueHasRoom(connection, limits_, ", and a model is inspected by a job");
      QueueInspection(connection, resources, request.input_shapes(), inspected);
    };
    auto existing = FindModelByContent(connection, principal.name, model.sha256());
    if (!existing) {
      model.set_name("models/" + NewId());
      *model.mutable_create_time() = ToTimestamp(NowMicros());
      inspect(&model);
      InsertModel(connection, model);
      existing = model;
    } else if (AsksForAnotherInspection(connection, request, *existing)) {
      inspect(&*existing);
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
    return ListModels(connection, {{ReaderOf(principal), request.labels()}, request.sha256()}, page);
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
    CheckNotInUse(connection, name);
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
