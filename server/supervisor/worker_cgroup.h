#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "server/executor/delegated_cgroup.h"
#include "server/executor/files.h"

namespace modlab::server {

/// A cgroup (version 2) of a worker's own, by which the kernel itself holds it to its limits: without it they are
/// looked at every few milliseconds, and processor time hardly at all. Not thread safe.
class WorkerCgroup {
 public:
  /// Makes it, in a cgroup whose children are ours to make (DelegatedCgroup). Throws std::system_error.
  explicit WorkerCgroup(const std::filesystem::path& delegated);
  /// Kills what is in it, and removes it.
  ~WorkerCgroup();
  WorkerCgroup(const WorkerCgroup&) = delete;
  WorkerCgroup& operator=(const WorkerCgroup&) = delete;

  /// A process that writes "0" to this descriptor, closed on exec, is in the cgroup from there on.
  int entrance() const { return entrance_.get(); }

  struct Limits {
    int64_t memory_bytes = 0;  ///< Above what is held now. 0: none.
    int64_t threads = 0;       ///< 0: none.
    int64_t cpus = 0;          ///< As many CPUs' time. 0: no limit.
  };
  /// Sets the limits, as far as there are controllers for them. A little above what the supervisor itself stops a
  /// worker for, which it can say more about.
  void Limit(const Limits& limits);
  /// Sets them once more: a server that starts again switches the controllers off and on.
  void KeepLimits() const;

  /// As DelegatedCgroup::level.
  const std::string& level() const { return level_; }
  /// Whether the kernel killed for the limit on memory.
  bool MetMemoryLimit() const;
  void Kill() const;

 private:
  std::filesystem::path path_;
  FileDescriptor entrance_;
  std::map<std::string, std::string> settings_;  ///< Files' names and contents.
  std::string level_;
};

}  // namespace modlab::server
