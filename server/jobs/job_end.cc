#include "server/jobs/job_end.h"

#include "server/jobs/compose_spec.h"
#include "server/jobs/dependents.h"
#include "server/jobs/inspection.h"
#include "server/jobs/job_draft.h"
#include "server/jobs/job_spec.h"
#include "server/store/blobs_table.h"
#include "server/store/datasets_table.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using modlab::v1::Dataset;
using modlab::v1::Job;
using modlab::v1::JobSpec;
using modlab::v1::Model;

void RecordImport(SQLite::Database& connection, const Job& job, const std::optional<Product>& product) {
  if (job.kind() != Job::IMPORT) return;
  auto dataset = FindDataset(connection, IdOf(job.spec().import_dataset().dataset()));
  if (!dataset || dataset->import_job() != job.name()) return;
  if (job.state() == Job::SUCCEEDED && product) {
    const auto& imported = job.result().import_dataset();
    dataset->set_state(Dataset::READY);
    dataset->clear_error();
    dataset->set_sha256(product->sha256);
    dataset->set_size_bytes(product->size_bytes);
    *dataset->mutable_tensors() = imported.tensors();
    *dataset->mutable_normalization() = imported.normalization();
    dataset->set_samples(imported.tensors(0).shape(0));
  } else {
    dataset->set_state(Dataset::UNUSABLE);
    *dataset->mutable_error() = job.error();
    if (job.state() == Job::CANCELLED) dataset->mutable_error()->set_message("its import was cancelled: make it again");
  }
  UpdateDatasetImport(connection, *dataset);
}

void ReleaseInputs(DataDirectory& data, SQLite::Database& connection, const std::string& job) {
  for (const JobInput& input : InputsOfJob(connection, job)) {
    if (!input.resource.empty() || !DeleteBlobIfUnused(connection, input.sha256)) continue;
    data.database().AfterCommit([&data, sha256 = input.sha256] { data.blobs().Remove(sha256); });
  }
}

/// The input shapes of the model that a job makes, if they are known, with a batch of one.
google::protobuf::RepeatedPtrField<modlab::v1::InputShape> InputShapesOf(const JobSpec& spec) {
  if (spec.has_train()) return spec.train().input_shapes();
  google::protobuf::RepeatedPtrField<modlab::v1::InputShape> shapes;
  if (spec.has_compose()) {
    if (const auto composed = ComposedInputShape(spec.compose())) *shapes.Add() = *composed;
    return shapes;
  }
  modlab::v1::InputShape* shape = shapes.Add();
  shape->add_dimensions(1);
  for (const int size : spec.build().input_shape()) shape->add_dimensions(size);
  return shapes;
}

std::string DisplayNameOf(const JobSpec& spec) {
  if (spec.has_train()) return spec.train().display_name();
  return spec.has_build() ? spec.build().display_name() : spec.compose().display_name();
}

}  // namespace

bool MakesProduct(const JobSpec& spec) { return spec.has_import_dataset() || MakesModel(KindOf(spec)); }

std::string MakeModelOf(SQLite::Database& connection, const Limits& limits, const Job& job, const Product& product) {
  if (const auto existing = FindModelByContent(connection, job.owner(), product.sha256)) {
    SetModelSourceJob(connection, IdOf(existing->name()), IdOf(job.name()));
    return existing->name();
  }
  Model model;
  model.set_name("models/" + NewId());
  model.set_owner(job.owner());
  model.set_sharing(modlab::v1::PRIVATE);
  *model.mutable_labels() = job.labels();
  model.set_display_name(DisplayNameOf(job.spec()));
  model.set_format(Model::TORCHSCRIPT);
  model.set_sha256(product.sha256);
  model.set_size_bytes(product.size_bytes);
  model.set_source_job(job.name());
  *model.mutable_create_time() = ToTimestamp(NowMicros());
  QueueInspection(connection, DefaultResources(limits), InputShapesOf(job.spec()), &model);
  InsertModel(connection, model);
  return model.name();
}

std::vector<std::string> RecordEnd(DataDirectory& data, SQLite::Database& connection, const Limits& limits,
                                   const std::string& job, const std::optional<Product>& product) {
  std::vector<std::string> changed;
  std::vector<std::string> all_ended = {job};  // and those that fail for it, and those that fail for them, ...
  for (size_t i = 0; i < all_ended.size(); ++i) {
    const auto ended = FindJob(connection, all_ended[i]);
    RecordInspection(connection, *ended);
    RecordImport(connection, *ended, product);
    ReleaseInputs(data, connection, all_ended[i]);
    const ChangedJobs released = ReleaseDependents(connection, limits, *ended);
    changed.insert(changed.end(), released.all.begin(), released.all.end());
    all_ended.insert(all_ended.end(), released.ended.begin(), released.ended.end());
  }
  return changed;
}

}  // namespace modlab::server
