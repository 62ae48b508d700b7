#pragma once

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
  modlab::v1::Upload Get(const Principal& principal, const std::string& name);
  void Delete(const Principal& principal, const std::string& name);

  /// One stream of bytes into an upload. A newer writer of the same upload takes over from an older one, whose
  /// connection may be dead without anybody having noticed.
  class Writer;
  std::unique_ptr<Writer> OpenWriter(const Principal& principal, const std::string& name);

  /// Removes uploads whose time is over.
  void RemoveExpired();

 private:
  /// What the writers of one upload share.
  struct Shared {
    std::mutex mutex;
    int newest_writer = 0;
  };

  std::shared_ptr<Shared> SharedOf(const std::string& id);
  void Discard(const std::string& id);
  modlab::v1::Upload Complete(const std::string& id, const modlab::v1::Upload& upload);

  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Shared>> shared_;
};

class Uploads::Writer {
 public:
  /// Appends bytes that start at `offset` of the content.
  void Write(int64_t offset, std::string_view data);
  /// Commits what was written; if that is everything, checks the digest and completes the upload.
  modlab::v1::Upload Close();

 private:
  friend class Uploads;
  Writer(Uploads& uploads, std::string id, modlab::v1::Upload upload);
  void CheckNewest() const;

  Uploads& uploads_;
  std::string id_;
  modlab::v1::Upload upload_;
  std::shared_ptr<Shared> shared_;
  int number_ = 0;
  FileDescriptor file_;
  int64_t size_ = 0;
};

}  // namespace modlab::server
