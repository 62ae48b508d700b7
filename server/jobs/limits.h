#pragma once

#include <cstdint>

namespace modlab::server {

/// What a daemon takes and gives; from its command line and configuration.
struct Limits {
  int workers = 2;
  int threads_per_worker = 1;
  int warm_workers = 2;
  int64_t default_memory_bytes = int64_t{4} << 30;
  int64_t largest_memory_bytes = int64_t{1} << 44;
  int64_t default_wall_milliseconds = 60 * 60 * 1000;
  int64_t largest_wall_milliseconds = int64_t{30} * 24 * 60 * 60 * 1000;
  int64_t largest_upload_bytes = int64_t{64} << 30;
  int queued_jobs = 100'000;
  /// What an attempt may write to the disk, and how many threads it may have beyond those that it computes with.
  int64_t job_disk_bytes = int64_t{8} << 30;
  int64_t job_files = 10'000;
  int64_t job_extra_threads = 256;
  /// How often a job that is lost is tried.
  int attempts = 3;
  /// Uids that jobs run under, one each, where the daemon is root. 0 of them: jobs keep the daemon's.
  uint32_t first_uid = 60578;
  int uids = 0;
  /// What a user may have at a time for whom nothing else is set; 0: no limit.
  int user_running_jobs = 0;
  int user_queued_jobs = 0;
  int64_t user_stored_bytes = 0;
  /// With less room on the data directory's disk, nothing new is taken or started.
  int64_t min_free_bytes = int64_t{256} << 20;
  /// How long ended jobs are kept; 0: for ever.
  int64_t retention_micros = 0;
};

}  // namespace modlab::server
