#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// Whether new work is taken and waiting jobs are started; and where not, why, in words for people. Thread safe.
class Admission {
 public:
  /// `sandbox_refusal`: why models cannot be confined as the operator wants them to be; empty: they can.
  Admission(DataDirectory& data, const Limits& limits, std::string sandbox_refusal);

  /// Looks how much room there is. To be called once a second or so.
  void LookAtDisk();
  int64_t free_bytes() const { return free_bytes_; }

  /// Throws RequestError SANDBOX_INSUFFICIENT or STORAGE_FULL.
  void CheckJobsAreTaken() const;
  /// Throws RequestError STORAGE_FULL where there is no room for so many bytes more.
  void CheckContentIsTaken(int64_t bytes) const;

  /// Why no job is started now; empty: they are.
  std::string Paused() const;
  /// Bytes that a job may be given now.
  int64_t room() const;
  /// Notes what went wrong at the last start of a job, which is tried again; empty: nothing.
  void SetStartProblem(const std::string& problem);
  std::string StartProblem() const;

  /// Starts no jobs from now on, over restarts too, until Undrain. `message` says why; at most 200 characters, else
  /// RequestError FIELD_INVALID.
  void Drain(const std::string& message);
  void Undrain();
  bool draining() const { return draining_; }

 private:
  std::string DiskIsFull() const;

  DataDirectory& data_;
  const Limits& limits_;
  const std::string sandbox_refusal_;
  std::atomic<int64_t> free_bytes_{0};
  std::atomic<bool> disk_full_{false};
  std::atomic<bool> draining_{false};
  mutable std::mutex mutex_;
  std::string drain_message_;  // guarded by mutex_
  std::string start_problem_;  // guarded by mutex_
};

}  // namespace modlab::server
