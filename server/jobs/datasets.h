#pragma once

#include <functional>
#include <string>

#include "modlab/v1/dataset.pb.h"
#include "server/jobs/admission.h"
#include "server/jobs/authorize.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// Data sets; see dataset.proto. Thread safe. Throws RequestError and StorageError.
class Datasets {
 public:
  /// `wake` is called when a job was queued.
  Datasets(DataDirectory& data, const Limits& limits, const Admission& admission, std::function<void()> wake)
      : data_(data), limits_(limits), admission_(admission), wake_(std::move(wake)) {}

  modlab::v1::Dataset Create(const Principal& principal, const modlab::v1::CreateDatasetRequest& request);
  modlab::v1::Dataset Get(const Principal& principal, const std::string& name);
  modlab::v1::ListDatasetsResponse List(const Principal& principal, const modlab::v1::ListDatasetsRequest& request);
  modlab::v1::Dataset Share(const Principal& principal, const modlab::v1::ShareRequest& request);
  void Delete(const Principal& principal, const std::string& name);
  /// What is stored, for reading.
  FileDescriptor Open(const Principal& principal, const std::string& name);

 private:
  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  std::function<void()> wake_;
};

/// A data set by its name, if this principal may do this to it. Within a transaction.
modlab::v1::Dataset FindAuthorizedDataset(SQLite::Database& connection, const Principal& principal, Verb verb,
                                          const std::string& name, const std::string& field = "name");

/// Throws RequestError DATASET_UNUSABLE for one that is not READY.
void CheckReady(const modlab::v1::Dataset& dataset, const std::string& field);

}  // namespace modlab::server
