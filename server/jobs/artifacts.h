#pragma once

#include <google/protobuf/repeated_field.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/jobs/job_end.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The files that a worker's result names, on their way from its directory into the store.
class Artifacts {
 public:
  explicit Artifacts(DataDirectory& data) : data_(data) {}
  /// Removes the copies that were not stored.
  ~Artifacts();
  Artifacts(const Artifacts&) = delete;
  Artifacts& operator=(const Artifacts&) = delete;

  /// Copies the files, treating them as hostile: regular files, no links, up to 4 GiB each and `most_bytes` in all, by
  /// their sizes, whatever they take on the disk. Throws std::runtime_error where one is missing or refused, and
  /// StorageError where it cannot be written.
  void Copy(const AttemptDirectory& directory, const google::protobuf::RepeatedPtrField<std::string>& names,
            int64_t most_bytes);

  /// Copies the job's product likewise; where it is to be a model, CheckTorchScriptArchive looks at the copy. Returns
  /// its size and digest.
  Product CopyProduct(const AttemptDirectory& directory, int64_t most_bytes, bool is_model);

  /// Moves the copies into the blob store and inserts their rows: of artifacts into the job's; of the product only its
  /// blob's, for the row that refers to it to follow. Within a transaction, so that nobody removes equal
  /// content between a file's arrival and its row's. Throws StorageError.
  void Store(SQLite::Database& connection, const std::string& job);

 private:
  struct Copied {
    modlab::v1::Artifact artifact;
    std::filesystem::path file;
  };

  Copied CopyOne(const FileDescriptor& source);

  DataDirectory& data_;
  std::vector<Copied> copied_;
  std::optional<Copied> product_;
};

}  // namespace modlab::server
