#pragma once

#include <chrono>

#include "server/jobs/clock_watch.h"
#include "server/jobs/job_events.h"
#include "server/jobs/limits.h"
#include "server/jobs/uploads.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// Deletes what is kept for a time only: uploads that nobody went on with, ended jobs after the operator's
/// `--retention`, the memory of request ids after a month. Nothing for a while after the clock has jumped. Not thread
/// safe.
class Retention {
 public:
  Retention(DataDirectory& data, const Limits& limits, Uploads& uploads, JobEvents& events)
      : data_(data), limits_(limits), uploads_(uploads), events_(events), clock_(data.database()) {}

  /// One look; deletes a bounded number. To be called every second or so. Throws StorageError.
  void Run();

 private:
  void DeleteOldJobs();
  void ForgetOldRequests();

  DataDirectory& data_;
  const Limits& limits_;
  Uploads& uploads_;
  JobEvents& events_;
  ClockWatch clock_;
  std::chrono::steady_clock::time_point next_long_look_;
};

}  // namespace modlab::server
