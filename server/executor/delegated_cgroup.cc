#include "server/executor/delegated_cgroup.h"

#include <signal.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkerPrefix = "worker-";
constexpr std::array kControllers = {"cpu", "memory", "pids"};

std::vector<std::string> Words(const fs::path& path) {
  std::ifstream file(path);
  return {std::istream_iterator<std::string>(file), {}};
}

/// Where version 2 is mounted: /sys/fs/cgroup, or, beside version 1, a folder in it.
std::optional<fs::path> MountPoint() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device;
    std::string point;
    std::string type;
    if (fields >> device >> point >> type && type == "cgroup2") return point;
  }
  return std::nullopt;
}

/// Our own cgroup, relative to the mount point; empty: its root.
std::optional<fs::path> OwnCgroup() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return std::nullopt;
}

bool MarkedAsDelegated(const fs::path& cgroup) {
  for (const char* name : {"trusted.delegate", "user.delegate"}) {
    char value = 0;
    if (::getxattr(cgroup.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

/// Nothing may live in a cgroup whose children have controllers.
bool MoveToDaemonCgroup(const fs::path& delegated) {
  const std::string self = std::to_string(::getpid());
  if (Words(delegated / "cgroup.procs") != std::vector{self}) return false;
  const fs::path daemon = delegated / kDaemonCgroup;
  std::error_code error;
  fs::create_directory(daemon, error);
  return !error && WriteToKernel(daemon / "cgroup.procs", self);
}

}  // namespace

std::optional<DelegatedCgroup> TakeDelegatedCgroup() {
  const std::optional<fs::path> mount = MountPoint();
  const std::optional<fs::path> own = OwnCgroup();
  if (!mount || !own) return std::nullopt;
  const bool moved = own->filename() == kDaemonCgroup && own->has_parent_path();
  const fs::path relative = moved ? own->parent_path() : *own;
  DelegatedCgroup delegated;
  delegated.path = relative.empty() ? *mount : *mount / relative;
  if (::access(delegated.path.c_str(), W_OK) != 0) return std::nullopt;
  if (::geteuid() == 0 && !relative.empty() && !MarkedAsDelegated(delegated.path)) return std::nullopt;
  if (!moved && !MoveToDaemonCgroup(delegated.path)) return std::nullopt;
  for (const char* controller : kControllers) {
    // One by one: what the machine lacks, or another part of it holds, is done without.
    WriteToKernel(delegated.path / "cgroup.subtree_control", std::string("+") + controller);
  }
  delegated.level = DescribeCgroup(delegated.path / "cgroup.subtree_control");
  SweepWorkerCgroups(delegated.path);
  return delegated;
}

fs::path WorkerCgroupPath(const fs::path& delegated, int supervisor) {
  return delegated / (std::string(kWorkerPrefix) + std::to_string(supervisor));
}

std::string DescribeCgroup(const fs::path& controllers) {
  const std::vector<std::string> there = Words(controllers);
  std::string list;
  for (const char* controller : kControllers) {
    if (std::find(there.begin(), there.end(), controller) == there.end()) continue;
    list += (list.empty() ? "" : ", ") + std::string(controller);
  }
  return list.empty() ? "cgroup" : "cgroup (" + list + ")";
}

void SweepWorkerCgroups(const fs::path& delegated) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(delegated, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kWorkerPrefix)) continue;
    const int supervisor = std::atoi(name.c_str() + kWorkerPrefix.size());
    // It is gone; if its worker is not (it dies with it), the kernel refuses.
    if (supervisor > 0 && ::kill(supervisor, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

}  // namespace modlab::server
