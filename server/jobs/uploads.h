#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "modlab/v1/upload.pb.h"
#include "server/jobs/admission.h"
#include "server/jobs/authorize.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// How content arrives; see upload.proto. Thread safe. Throws RequestError and StorageError.
class Uploads {
 public:
  Uploads(DataDirectory& data, const Limits& limits, const Admission& admission)
      : data_(data), limits_(limits), admission_(admission) {}

  modlab::v1::Upload Create(const Principal& principal, const modlab::v1::CreateUploadRequest& request);
  /// Where all bytes are here and nobody is at work on them, completes the upload; while somebody is, which can take
  /// minutes, says at once that it is ACTIVE.
  modlab::v1::Upload Get(const Principal& principal, const std::string& name);
  void Delete(const Principal& principal, const std::string& name);

  /// One stream of bytes into an upload. A newer writer of the same upload takes over from an older one, whose
  /// connection may be dead without anybody having noticed.
  class Writer;
  std::unique_ptr<Writer> OpenWriter(const Principal& principal, const std::string& name);

  /// Removes uploads whose time is over.
  void RemoveExpired();

 private:
  /// What those who work on one upload share.
  struct Shared {
    std::mutex mutex;  ///< Of the upload's file; held while its digest is computed.
    std::atomic<int> newest_writer = 0;
    std::atomic<bool> writer_waits = false;  ///< For `mutex`, to open the upload.
    std::atomic<bool> gone = false;          ///< The upload's row is.
  };

  std::shared_ptr<Shared> SharedOf(const std::string& id);
  void Discard(const std::string& id);
  /// Checks the digest of an upload that has all its bytes, unless that was done. Under the upload's mutex.
  modlab::v1::Upload Complete(const std::string& id);

  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Shared>> shared_;
  friend class UploadsTest;
};

/// A COMPLETE upload of this principal by its name, to make something of it. Within a transaction. `field` names it in
/// the error.
modlab::v1::Upload FindCompleteUpload(SQLite::Database& connection, const Principal& principal, const std::string& name,
                                      const std::string& field);

class Uploads::Writer {
 public:
  /// Appends bytes that start at `offset` of the content. Errors: RESOURCE_NOT_FOUND where the upload has been deleted.
  void Write(int64_t offset, std::string_view data);
  /// Commits what was written; if that is everything, checks the digest and completes the upload.
  modlab::v1::Upload Close();

 private:
  friend class Uploads;
  friend class UploadsTest;
  using Clock = std::chrono::steady_clock;

  Writer(Uploads& uploads, std::string id);
  std::unique_lock<std::mutex> TakeOver() const;
  void Open();
  void CheckNewest() const;
  void MoveExpiry();

  Uploads& uploads_;
  std::string id_;
  std::shared_ptr<Shared> shared_;
  int number_ = 0;
  modlab::v1::Upload upload_;
  FileDescriptor file_;
  int64_t size_ = 0;
  Clock::time_point expiry_due_;  // when the next write moves it
};

}  // namespace modlab::server
