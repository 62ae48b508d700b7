#include "server/worker/confine.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

void SetLimit(__rlimit_resource resource, rlim_t value, const char* what) {
  const rlimit limit = {value, value};
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
void LimitData(const Confinement& confinement) {
  const int64_t data = DataBytes();
  if (confinement.memory_bytes <= 0 || data == 0) return;
  const int64_t slack = data + kSlackBytes + confinement.threads * kSlackBytesPerThread;
  if (confinement.memory_bytes > INT64_MAX - slack) return;
  SetLimit(RLIMIT_DATA, static_cast<rlim_t>(confinement.memory_bytes + slack), "limit memory");
}
#endif

}  // namespace

void Confine(const Confinement& confinement) {
  ::umask(077);
  SetLimit(RLIMIT_CORE, 0, "forbid core files");
#ifndef MODLAB_SANITIZED
  LimitData(confinement);
#endif
}

}  // namespace modlab::server
