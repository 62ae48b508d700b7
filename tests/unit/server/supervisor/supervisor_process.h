#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {

/// A running modlab-supervisor, started as the daemon does. Killed at the end of a test if it still lives.
class SupervisorProcess {
 public:
  /// Standard error goes to `standard_error`.
  SupervisorProcess(const std::string& worker, const std::filesystem::path& standard_error);
  ~SupervisorProcess();
  SupervisorProcess(const SupervisorProcess&) = delete;
  SupervisorProcess& operator=(const SupervisorProcess&) = delete;

  void Assign(const std::filesystem::path& directory);
  void CloseInput() { input_ = FileDescriptor(); }
  void Signal(int signal) const;
  /// Waits for its end and returns the exit status, or minus the signal.
  int Wait();

 private:
  pid_t pid_ = -1;
  FileDescriptor input_;
};

/// Waits for a file that another process makes by renaming and returns the number that it holds.
pid_t WaitForNumber(const std::filesystem::path& path);

/// Waits for the end of a process that has become this one's child and returns as SupervisorProcess::Wait.
int WaitForProcess(pid_t pid);

}  // namespace modlab::server
