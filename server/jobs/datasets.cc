#include "server/jobs/datasets.h"

#include <fmt/format.h>

#include "server/executor/attempt_directory.h"
#include "server/jobs/dataset_source.h"
#include "server/jobs/idempotency.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/paging.h"
#include "server/jobs/quotas.h"
#include "server/jobs/request_error.h"
#include "server/jobs/resource_checks.h"
#include "server/jobs/server_job.h"
#include "server/jobs/sharing.h"
#include "server/jobs/uploads.h"
#include "server/store/blobs_table.h"
#include "server/store/datasets_table.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/uploads_table.h"

namespace modlab::server {
namespace {

using modlab::v1::CreateDatasetRequest;
using modlab::v1::Dataset;
using modlab::v1::DatasetSource;
using modlab::v1::Job;

std::string DefaultDisplayName(const DatasetSource& source) {
  switch (source.kind_case()) {
    case DatasetSource::kBitVectors:
      return fmt::format("bits-{}", source.bit_vectors().bits());
    case DatasetSource::kOneHotPairs:
      return fmt::format("one-hot-pairs-{}", source.one_hot_pairs().classes());
    case DatasetSource::kRetina:
      return "retina";
    case DatasetSource::kDigitPairs:
      return "pairs";
    default:
      return "data";
  }
}

/// The data set that a request describes, checked as far as its fields tell; without a name.
Dataset Describe(const Principal& principal, const CreateDatasetRequest& request) {
  Dataset dataset;
  dataset.set_owner(principal.name);
  *dataset.mutable_source() = request.dataset().source();
  ResolveDatasetSource(dataset.mutable_source());
  CheckInputNormalization(request.dataset().normalization());
  *dataset.mutable_normalization() = request.dataset().normalization();
  dataset.set_display_name(request.dataset().display_name());
  CheckDisplayName(dataset.display_name(), "dataset.display_name");
  if (dataset.display_name().empty()) dataset.set_display_name(DefaultDisplayName(dataset.source()));
  CheckLabels(request.dataset().labels(), "dataset.labels");
  *dataset.mutable_labels() = request.dataset().labels();
  return dataset;
}

/// What the import reads; notes the digests of files in the source.
std::vector<JobInput> FindInputs(SQLite::Database& connection, const Principal& principal, DatasetSource* source) {
  std::vector<JobInput> inputs;
  if (source->has_files()) {
    for (int i = 0; i < source->files().tensors_size(); ++i) {
      auto& file = *source->mutable_files()->mutable_tensors(i);
      const auto upload = FindCompleteUpload(connection, principal, file.upload(),
                                             fmt::format("dataset.source.files.tensors[{}].upload", i));
      file.set_sha256(upload.sha256());
      inputs.push_back({SourceFileName(i), "", upload.sha256()});
    }
  } else if (source->has_digit_pairs()) {
    const std::string field = "dataset.source.digit_pairs.dataset";
    const std::string& name = source->digit_pairs().dataset();
    const Dataset digits = FindAuthorizedDataset(connection, principal, Verb::kRead, name, field);
    CheckReady(digits, field);
    inputs.push_back({kDataFile, name, digits.sha256()});
  }
  return inputs;
}

/// Queues the data set's import and says so in it.
void QueueImport(SQLite::Database& connection, const modlab::v1::Resources& resources,
                 const std::vector<JobInput>& inputs, Dataset* dataset) {
  Job job = ServerJob(Job::IMPORT, dataset->owner(), resources);
  auto* spec = job.mutable_spec()->mutable_import_dataset();
  spec->set_dataset(dataset->name());
  *spec->mutable_source() = dataset->source();
  *spec->mutable_normalization() = dataset->normalization();
  InsertJob(connection, job, inputs);
  dataset->set_import_job(job.name());
  dataset->set_state(Dataset::IMPORTING);
  dataset->clear_error();
}

}  // namespace

Dataset FindAuthorizedDataset(SQLite::Database& connection, const Principal& principal, Verb verb,
                              const std::string& name, const std::string& field) {
  const auto id = ParseName(name, "datasets");
  auto dataset = id ? FindDataset(connection, *id) : std::nullopt;
  if (!dataset) ThrowNotFound(name, field);
  Authorize(principal, verb, {name, dataset->owner(), dataset->sharing(), dataset->shared_with(), field});
  return *dataset;
}

void CheckReady(const Dataset& dataset, const std::string& field) {
  if (dataset.state() == Dataset::READY) return;
  throw RequestError(
      modlab::v1::DATASET_UNUSABLE,
      dataset.state() == Dataset::UNUSABLE
          ? fmt::format("{} cannot be used: {}", dataset.name(), dataset.error().message())
          : fmt::format("{} is still being imported by {}: wait for that job", dataset.name(), dataset.import_job()),
      field);
}

Dataset Datasets::Create(const Principal& principal, const CreateDatasetRequest& request) {
  Authorize(principal, Verb::kCreate, {"server", ""});
  Dataset dataset = Describe(principal, request);
  modlab::v1::Resources resources = request.resources();
  ResolveResources(limits_, "resources", &resources);
  const IdempotentRequest idempotent(principal.name, "CreateDataset", request.request_id(), request);
  Dataset created = data_.database().Transact([&](SQLite::Database& connection) {
    if (const auto earlier = idempotent.EarlierResource(connection)) {
      return FindAuthorizedDataset(connection, principal, Verb::kRead, *earlier);
    }
    admission_.CheckJobsAreTaken();
    dataset.set_sharing(
        CheckSharing(connection, request.dataset().sharing(), request.dataset().shared_with(), "dataset."));
    *dataset.mutable_shared_with() = request.dataset().shared_with();
    const std::vector<JobInput> inputs = FindInputs(connection, principal, dataset.mutable_source());
    if (request.validate_only()) return dataset;
    const std::string digest = SourceDigest(dataset.source(), dataset.normalization());
    auto existing = FindDatasetBySource(connection, principal.name, digest);
    if (!existing || existing->state() == Dataset::UNUSABLE) {
      CheckQueuedQuota(connection, limits_, principal.name);
      CheckStoredQuota(connection, limits_, principal.name);
      CheckQueueHasRoom(connection, limits_, ", and a data set is imported by a job");
    }
    if (!existing) {
      dataset.set_name("datasets/" + NewId());
      *dataset.mutable_create_time() = ToTimestamp(NowMicros());
      QueueImport(connection, resources, inputs, &dataset);
      InsertDataset(connection, dataset, digest);
      existing = dataset;
    } else if (existing->state() == Dataset::UNUSABLE) {
      QueueImport(connection, resources, inputs, &*existing);
      UpdateDatasetImport(connection, *existing);
    }
    for (const auto& file : request.dataset().source().files().tensors()) {
      DeleteUpload(connection, IdOf(file.upload()));
    }
    for (const auto& file : dataset.source().files().tensors()) {
      if (DeleteBlobIfUnused(connection, file.sha256())) {
        data_.database().AfterCommit([this, sha256 = file.sha256()] { data_.blobs().Remove(sha256); });
      }
    }
    idempotent.Remember(connection, existing->name());
    return *existing;
  });
  wake_();
  return created;
}

Dataset Datasets::Get(const Principal& principal, const std::string& name) {
  return data_.database().Read(
      [&](SQLite::Database& connection) { return FindAuthorizedDataset(connection, principal, Verb::kRead, name); });
}

modlab::v1::ListDatasetsResponse Datasets::List(const Principal& principal,
                                                const modlab::v1::ListDatasetsRequest& request) {
  const std::string filter = FilterOf(request);
  const Page page = RequirePage(request.page_size(), request.page_token(), filter);
  const DatasetList list = data_.database().Read([&](SQLite::Database& connection) {
    return ListDatasets(connection, {ReaderOf(principal), request.labels()}, page);
  });
  modlab::v1::ListDatasetsResponse response;
  for (const Dataset& dataset : list.datasets) *response.add_datasets() = dataset;
  if (list.last_sequence) response.set_next_page_token(MakePageToken(*list.last_sequence, filter));
  return response;
}

Dataset Datasets::Share(const Principal& principal, const modlab::v1::ShareRequest& request) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    FindAuthorizedDataset(connection, principal, Verb::kChange, request.name());
    const auto sharing = CheckSharing(connection, request.sharing(), request.shared_with(), "");
    SetDatasetSharing(connection, IdOf(request.name()), sharing);
    SetShares(connection, request.name(), request.shared_with());
    return FindAuthorizedDataset(connection, principal, Verb::kRead, request.name());
  });
}

void Datasets::Delete(const Principal& principal, const std::string& name) {
  data_.database().Transact([&](SQLite::Database& connection) {
    const Dataset dataset = FindAuthorizedDataset(connection, principal, Verb::kDelete, name);
    CheckNotInUse(connection, name);
    if (dataset.state() == Dataset::IMPORTING) {
      throw RequestError(
          modlab::v1::RESOURCE_IN_USE,
          fmt::format("{} is being imported by {}: wait for that job or cancel it first", name, dataset.import_job()),
          "name", {{"job", dataset.import_job()}});
    }
    DeleteDataset(connection, IdOf(name));
    if (dataset.state() == Dataset::READY && DeleteBlobIfUnused(connection, dataset.sha256())) {
      data_.database().AfterCommit([this, sha256 = dataset.sha256()] { data_.blobs().Remove(sha256); });
    }
  });
}

FileDescriptor Datasets::Open(const Principal& principal, const std::string& name) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    const Dataset dataset = FindAuthorizedDataset(connection, principal, Verb::kRead, name);
    if (dataset.state() != Dataset::READY) {
      throw RequestError(modlab::v1::RESULT_MISSING, fmt::format("{} is not there yet, or never will be", name), "name",
                         {{"state", Dataset::State_Name(dataset.state())}});
    }
    return data_.blobs().Open(dataset.sha256());
  });
}

}  // namespace modlab::server
