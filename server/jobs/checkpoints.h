#pragma once

#include <string>

#include "server/executor/attempt_directory.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The state of jobs that go on where they broke off: a file for each, from the attempt that ended to the next one.
/// What is in it is the worker's affair. Used from one thread.
class Checkpoints {
 public:
  explicit Checkpoints(DataDirectory& data) : data_(data) {}

  /// Keeps the last checkpoint that an attempt has written, treating it as hostile: a regular file, no link, at most
  /// `most_bytes`. Without one, the one that it was given stays. Throws StorageError.
  void Keep(const std::string& job, const AttemptDirectory& attempt, int64_t most_bytes);
  /// Copies what is kept for the job, if anything, to where its attempt looks for it. Throws std::system_error.
  void Give(const std::string& job, const AttemptDirectory& attempt) const;
  void Forget(const std::string& job) noexcept;

 private:
  DataDirectory& data_;
};

}  // namespace modlab::server
