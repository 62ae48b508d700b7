#include "server/supervisor/worker_cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace modlab::server {
namespace {

// Page tables and the like are the worker's too, for the kernel: some, and a 512th of what is in them.
constexpr int64_t kKernelBytes = int64_t{32} << 20;
constexpr int64_t kBytesOfKernelByte = 256;
// So that a worker with too many threads is seen to have them.
constexpr int64_t kMoreThreads = 8;
constexpr int64_t kPeriodMicroseconds = 100'000;

}  // namespace

WorkerCgroup::WorkerCgroup(const std::filesystem::path& delegated) : path_(WorkerCgroupPath(delegated, ::getpid())) {
  ::rmdir(path_.c_str());  // of a supervisor that died with this pid: its limits and counts are not ours
  if (::mkdir(path_.c_str(), 0755) != 0) ThrowErrno("make " + path_.string());
  entrance_ = FileDescriptor(::open((path_ / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!entrance_.valid()) ThrowErrno("open " + path_.string());
  level_ = DescribeCgroup(path_ / "cgroup.controllers");
}

WorkerCgroup::~WorkerCgroup() {
  Kill();
  ::rmdir(path_.c_str());
}

void WorkerCgroup::Limit(const Limits& limits) {
  if (int64_t held = 0; limits.memory_bytes > 0 && std::ifstream(path_ / "memory.current") >> held) {
    const int64_t kernel = kKernelBytes + limits.memory_bytes / kBytesOfKernelByte;
    if (limits.memory_bytes < INT64_MAX - kernel - held) {
      settings_["memory.max"] = std::to_string(held + limits.memory_bytes + kernel);
      settings_["memory.oom.group"] = "1";
    }
  }
  if (limits.threads > 0) settings_["pids.max"] = std::to_string(limits.threads + kMoreThreads);
  if (limits.cpus > 0) {
    settings_["cpu.max"] =
        std::to_string(limits.cpus * kPeriodMicroseconds) + " " + std::to_string(kPeriodMicroseconds);
  }
  KeepLimits();
}

void WorkerCgroup::KeepLimits() const {
  for (const auto& [name, content] : settings_) WriteToKernel(path_ / name, content);
}

bool WorkerCgroup::MetMemoryLimit() const {
  std::ifstream events(path_ / "memory.events");
  int64_t count = 0;
  for (std::string name; events >> name >> count;) {
    // Not oom_kill, which also counts what the kernel does when the whole machine has run out.
    if (name == "oom" && count > 0) return true;
  }
  return false;
}

void WorkerCgroup::Kill() const { WriteToKernel(path_ / "cgroup.kill", "1"); }

}  // namespace modlab::server
