#pragma once

#include <functional>
#include <string>

#include "modlab/v1/model.pb.h"
#include "server/jobs/admission.h"
#include "server/jobs/authorize.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The models that people have pushed; see model.proto. Thread safe. Throws RequestError and StorageError.
class Models {
 public:
  /// `wake` is called when a job was queued.
  Models(DataDirectory& data, const Limits& limits, const Admission& admission, std::function<void()> wake)
      : data_(data), limits_(limits), admission_(admission), wake_(std::move(wake)) {}

  modlab::v1::Model Create(const Principal& principal, const modlab::v1::CreateModelRequest& request);
  modlab::v1::Model Get(const Principal& principal, const std::string& name);
  modlab::v1::ListModelsResponse List(const Principal& principal, const modlab::v1::ListModelsRequest& request);
  modlab::v1::Model Share(const Principal& principal, const modlab::v1::ShareRequest& request);
  void Delete(const Principal& principal, const std::string& name);
  /// The model's content, for reading.
  FileDescriptor Open(const Principal& principal, const std::string& name);

 private:
  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  std::function<void()> wake_;
};

/// A model by its name, if this principal may do this to it. Within a transaction.
modlab::v1::Model FindAuthorizedModel(SQLite::Database& connection, const Principal& principal, Verb verb,
                                      const std::string& name, const std::string& field = "name");

}  // namespace modlab::server
