#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace modlab::server {

/// A cgroup (version 2) whose children are ours to make, as systemd's Delegate=yes gives it.
struct DelegatedCgroup {
  std::filesystem::path path;
  /// How a worker is held in by its child: "cgroup (cpu, memory, pids)", as far as there are these controllers.
  std::string level;
};

/// The name of the child that the daemon itself lives in, with the supervisors: where children have controllers, their
/// parent may have no processes. A daemon that is started in it (a unit's DelegateSubgroup=) stays there.
inline constexpr const char* kDaemonCgroup = "daemon";

/// Finds the cgroup that this process may divide, moves the process into its child kDaemonCgroup and switches the
/// controllers on. Removes what supervisors that are gone have left behind.
///
/// Nothing where there is no version 2, where the cgroup is not writable or not delegated (root can write anywhere, and
/// so it must be marked, or be a container's own), or where other programs live in it. Must be called before any other
/// process is started. Does not throw: without, jobs are limited by other means.
std::optional<DelegatedCgroup> TakeDelegatedCgroup();

/// The child that the supervisor with this pid makes for its worker.
std::filesystem::path WorkerCgroupPath(const std::filesystem::path& delegated, int supervisor);

/// Level from a list of controllers: the file cgroup.controllers or cgroup.subtree_control.
std::string DescribeCgroup(const std::filesystem::path& controllers);

/// Removes the cgroups of workers whose supervisors have gone.
void SweepWorkerCgroups(const std::filesystem::path& delegated);

}  // namespace modlab::server
