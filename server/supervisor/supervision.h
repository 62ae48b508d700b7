#pragma once

#include <string>

#include "server/sandbox/sandbox.h"

namespace modlab::server {

struct SupervisorOptions {
  std::string worker;  ///< Path of the worker's program.
  SandboxMode sandbox = SandboxMode::kRequired;
  std::string cgroup;  ///< DelegatedCgroup::path; empty: none.
};

/// Exit statuses of the supervisor, beside 0 (the end was recorded, or no job came).
inline constexpr int kSupervisorWorkerDied = 3;         ///< The worker died before a job came.
inline constexpr int kSupervisorDirectoryUnusable = 4;  ///< `ended` could not be written.

inline constexpr int kSupervisorSandboxInsufficient = 5;  ///< A probe found too little.

/// A supervisor's whole life: starts the worker, waits for one attempt directory on standard input, watches the worker,
/// records how it ended. Returns the process's exit status. Needs a process without threads: it forks, and takes over
/// the process's signals and descriptors. Throws std::system_error where the system refuses what must always work.
int Supervise(const SupervisorOptions& options);

}  // namespace modlab::server
