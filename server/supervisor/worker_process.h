#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {

/// The worker as its supervisor sees it: a child with a clean environment, in a process group of its own, that dies
/// when the supervisor dies, by whatever cause.
///
/// Its program is called as `PROGRAM --threads N --ready-fd F`. It reads one line from standard input, the attempt's
/// directory, and says by a byte on descriptor F that it has loaded its libraries and waits for that line. Not thread
/// safe; the process must have no other threads and must ignore SIGPIPE.
class WorkerProcess {
 public:
  /// Throws std::runtime_error with a sentence where the program cannot be run.
  WorkerProcess(const std::string& program, int threads);
  /// Kills and reaps what still lives.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Becomes readable, or is closed, when the worker is ready.
  int ready_descriptor() const { return ready_.get(); }
  /// Standard output and error; does not block.
  int output_descriptor() const { return output_.get(); }

  /// Hands over the attempt's directory. A worker that is already dead is not an error.
  void Assign(const std::string& directory);

  /// Memory that nobody else could use if the worker did not hold it: anonymous and shared pages, and those swapped
  /// out. The worker's alone: it starts no processes. 0 once it is dead.
  int64_t MemoryBytes() const;

  /// Asks the worker to end (SIGTERM).
  void Terminate();
  /// Kills the worker's process group.
  void Kill();

  struct Exit {
    int wait_status = 0;            ///< As waitpid(2) gives it.
    int64_t peak_memory_bytes = 0;  ///< Largest resident set.
  };
  /// The worker's end, once; nothing while it lives, without blocking. All processes that it leaves behind are killed
  /// and reaped.
  std::optional<Exit> Reap();

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
  FileDescriptor input_;
  FileDescriptor output_;
  FileDescriptor ready_;
};

}  // namespace modlab::server
