#include "server/worker/resource_limits.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

constexpr rlim_t kOpenFiles = 256;

// Both limits: the process cannot raise them again. A hard limit that is lower already stays.
void SetLimit(__rlimit_resource resource, rlim_t value, const char* what) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) ThrowErrno(what);
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(resource, &limit) != 0) ThrowErrno(what);
}

#ifndef MODLAB_SANITIZED
// Private writable memory, touched or not: what RLIMIT_DATA counts. 0 where the kernel does not tell.
int64_t DataBytes() {
  constexpr std::string_view key = "VmData:";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, key.size(), key) == 0) return std::strtoll(line.c_str() + key.size(), nullptr, 10) * 1024;
  }
  return 0;
}

constexpr int64_t kSlackBytes = int64_t{256} << 20;
constexpr int64_t kSlackBytesPerThread = int64_t{128} << 20;

// The supervisor's limit is on memory that is touched. Reservations that never are (stacks, arenas, the buffers of
// OpenBLAS, some per thread) must not fail a job that is within it. RLIMIT_AS would count files and a GPU's address
// ranges as well.
void LimitData(const ResourceLimits& limits) {
  const int64_t data = DataBytes();
  if (limits.memory_bytes <= 0 || data == 0) return;
  const int64_t slack = data + kSlackBytes + limits.threads * kSlackBytesPerThread;
  if (limits.memory_bytes > INT64_MAX - slack) return;
  SetLimit(RLIMIT_DATA, static_cast<rlim_t>(limits.memory_bytes + slack), "limit memory");
}
#endif

}  // namespace

void LimitResources(const ResourceLimits& limits) {
  ::umask(077);
  SetLimit(RLIMIT_CORE, 0, "forbid core files");
  SetLimit(RLIMIT_NOFILE, kOpenFiles, "limit open files");
  SetLimit(RLIMIT_MEMLOCK, 0, "forbid locked memory");
  if (limits.file_bytes > 0) SetLimit(RLIMIT_FSIZE, static_cast<rlim_t>(limits.file_bytes), "limit files");
  if (limits.cpu_seconds > 0) SetLimit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu_seconds), "limit processor time");
  if (limits.tasks > 0) SetLimit(RLIMIT_NPROC, static_cast<rlim_t>(limits.tasks), "limit threads");
#ifndef MODLAB_SANITIZED
  LimitData(limits);
#endif
}

}  // namespace modlab::server
