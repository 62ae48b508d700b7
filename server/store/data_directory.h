#pragma once

#include <filesystem>
#include <memory>

#include "server/executor/files.h"
#include "server/store/blob_store.h"
#include "server/store/database.h"

namespace modlab::server {

/// Everything that a daemon keeps, in one directory that it has to itself:
///
///     lock          held by the running daemon, with its process id
///     modlab.db     jobs, models, data sets, uploads, events
///     blobs/        content by digest
///     uploads/      content that is still arriving
///     checkpoints/  states of jobs that go on where they broke off, by job
///     attempts/     running attempts, {job}/{number}; see executor/attempt_directory.h
class DataDirectory {
 public:
  /// Creates the directory (mode 0700) if it is absent, locks it, opens the database, and sweeps away what a crash left
  /// behind. Throws StorageError with a sentence: not writable, or in use by another daemon.
  explicit DataDirectory(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }
  Database& database() { return *database_; }
  BlobStore& blobs() { return *blobs_; }
  std::filesystem::path UploadFile(const std::string& upload) const { return root_ / "uploads" / upload; }
  std::filesystem::path CheckpointFile(const std::string& job) const { return root_ / "checkpoints" / job; }
  std::filesystem::path AttemptRoot(const std::string& job, int number) const {
    return root_ / "attempts" / job / std::to_string(number);
  }

 private:
  void Sweep();

  std::filesystem::path root_;
  FileDescriptor lock_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<BlobStore> blobs_;
};

}  // namespace modlab::server
