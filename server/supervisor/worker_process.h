#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/executor/files.h"
#include "server/sandbox/sandbox.h"
#include "server/supervisor/worker_cgroup.h"

namespace modlab::server {

/// The worker as its supervisor sees it: a child with a clean environment, in a process group of its own, that dies
/// when the supervisor dies, by whatever cause.
///
/// Its program is called as `PROGRAM --ready-fd F --sandbox MODE [--namespaces]`, the last where it is in
/// namespaces of its own. It reads one line from standard input, the attempt's directory. On descriptor F it says by a
/// line that it has loaded its libraries and waits for that; and by another, before it loads the model, what holds it
/// in. Not thread safe; the process must have no other threads and must ignore SIGPIPE.
class WorkerProcess {
 public:
  /// `cgroup`: where the worker gets a cgroup of its own, if that can be had; empty: nowhere. Throws std::runtime_error
  /// with a sentence where the program cannot be run.
  WorkerProcess(const std::string& program, SandboxMode sandbox, const std::string& cgroup);
  /// Kills and reaps what still lives.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Descriptor F above: to be read, when it can be, by ReadReport. -1 once the worker has closed it.
  int report_descriptor() const { return reports_.get(); }
  void ReadReport();
  /// Whether it waits for its assignment, or never will.
  bool ready() const { return !reports_.valid() || report_.find('\n') != std::string::npos; }
  /// What holds the model in, as the worker says it, and the cgroup; empty until it does.
  std::string sandbox() const;
  /// Standard output and error; does not block.
  int output_descriptor() const { return output_.get(); }

  /// Has the kernel enforce limits, too, where the worker has a cgroup.
  void Limit(const WorkerCgroup::Limits& limits);
  /// Sees to it that the kernel still does.
  void KeepLimits() const;
  /// Hands over the attempt's directory. A worker that is already dead is not an error.
  void Assign(const std::string& directory);

  struct Usage {
    /// Memory that nobody else could use if the worker did not hold it: anonymous and shared pages, and those swapped
    /// out.
    int64_t memory_bytes = 0;
    int64_t threads = 0;
  };
  /// The worker's alone: it starts no processes. Zeros once it is dead.
  Usage CurrentUsage() const;

  /// Asks the worker to end (SIGTERM).
  void Terminate();
  /// Kills the worker's process group.
  void Kill();

  struct Exit {
    int wait_status = 0;            ///< As waitpid(2) gives it.
    int64_t peak_memory_bytes = 0;  ///< Largest resident set.
    bool met_memory_limit = false;  ///< The kernel killed it for that.
  };
  /// The worker's end, once; nothing while it lives, without blocking. All processes that it leaves behind are killed
  /// and reaped.
  std::optional<Exit> Reap();

 private:
  std::unique_ptr<WorkerCgroup> cgroup_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  FileDescriptor input_;
  FileDescriptor output_;
  FileDescriptor reports_;
  std::string report_;
};

}  // namespace modlab::server
