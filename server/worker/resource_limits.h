#pragma once

#include <cstdint>

namespace modlab::server {

/// 0: no limit.
struct ResourceLimits {
  /// What the job may use beyond what the process holds now.
  int64_t memory_bytes = 0;
  /// Of one file.
  int64_t file_bytes = 0;
  /// Processor time, of all threads together.
  int64_t cpu_seconds = 0;
  /// Threads of computation, each of which reserves memory that it never touches.
  int threads = 1;
  /// Threads and processes of this process's uid in all; only where the uid is its own.
  int64_t tasks = 0;
};

/// Sets what the kernel enforces on this process by itself, for good; the supervisor enforces the rest from outside.
///
/// No core files; few open files; new files are the owner's alone; allocations that could never be within
/// `memory_bytes` fail with an exception, instead of the supervisor's kill (not under a sanitizer, which maps memory as
/// it likes). A file that grows too large ends the process with SIGXFSZ, processor time that is used up with SIGXCPU.
/// Throws std::system_error.
void LimitResources(const ResourceLimits& limits);

}  // namespace modlab::server
