#pragma once

#include <sys/types.h>

#include <string>

#include "client/environment.h"
#include "client/local_paths.h"

namespace modlab::client {

/// A modlabd that this process started and that outlives it.
class DaemonProcess {
 public:
  /// Starts the program that MODLAB_DAEMON names, or else the `modlabd` beside this program, in a session of its own:
  /// no terminal, and no Ctrl-C of ours reaches it. What it prints is appended to `daemon.log` in the state directory.
  /// The directories of `paths` must be there. Throws Failure (kUnreachable).
  DaemonProcess(const Environment& environment, const LocalPaths& paths);

  /// Whether it has ended by now. It is not waited for.
  bool Ended();

  /// The last lines that it wrote to its log since it was started.
  std::string LogEnd() const;

  const std::string& log_path() const { return log_path_; }

 private:
  std::string log_path_;
  off_t log_start_ = 0;
  pid_t pid_ = 0;
};

}  // namespace modlab::client
