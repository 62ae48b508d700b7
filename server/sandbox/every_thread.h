#pragma once

#include <set>

#include "server/executor/files.h"

namespace modlab::server {

/// All threads of this process, also those that libraries have started. What the kernel keeps for each thread
/// (capabilities, no_new_privs, Landlock) is otherwise set in one alone, and the others would be a way around it.
/// Threads that come later inherit it from those that start them.
class EveryThread {
 public:
  /// To be made while /proc can still be reached. Throws std::system_error.
  EveryThread();

  /// Calls `call` once in every thread, last in the caller's own. It runs in a signal handler (signal SIGRTMIN + 3,
  /// taken for the time of the call): system calls only; it returns 0 or an error number. Returns 0, or the first such
  /// number; ETIMEDOUT where a thread keeps the signal blocked. Not to be called by two threads at once.
  int Call(int (*call)());

 private:
  std::set<int> Ids() const;
  bool Unreachable(int id, int signal) const;

  FileDescriptor tasks_;
};

}  // namespace modlab::server
