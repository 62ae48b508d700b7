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
  /// How often a job that is lost is tried.
  int attempts = 3;
};

}  // namespace modlab::server
