#pragma once

#include <sys/types.h>

#include <string>

#include "server/executor/files.h"

namespace modlab::server {

/// A running modlab-worker with one thread and no supervisor. Killed at the end of a test if it still lives.
class WorkerProcess {
 public:
  WorkerProcess();
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Waits until it says that it is ready.
  void WaitUntilReady() const;
  /// Writes a line to its standard input and closes that.
  void Assign(const std::string& directory);
  void CloseInput() { input_ = FileDescriptor(); }
  void Signal(int signal) const;
  /// Waits for its end and returns the exit status, or minus the signal.
  int Wait();

 private:
  pid_t pid_ = -1;
  FileDescriptor input_;
  FileDescriptor ready_;
};

}  // namespace modlab::server
