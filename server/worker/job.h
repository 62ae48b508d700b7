#pragma once

#include "server/executor/attempt_directory.h"
#include "server/executor/files.h"
#include "server/sandbox/sandbox.h"

namespace modlab::server {

struct WorkerOptions {
  SandboxMode sandbox = SandboxMode::kRequired;
  bool namespaces = false;  ///< Whether the supervisor has moved this process into its own.
  FileDescriptor reports;   ///< The supervisor's other end hears what holds the model in. May be invalid.
};

/// Runs the job of an attempt's directory in this process and writes its result or its error there. Returns the
/// process's exit status: 0; kWorkerCancelledStatus where a SIGTERM stopped it, and kWorkerSandboxStatus where the
/// sandbox is not sufficient, which is told on standard error, both with nothing written. Puts the process into the
/// sandbox for good: call it once. Throws std::system_error where neither a result nor an error can be written.
int RunJob(const AttemptDirectory& assigned, WorkerOptions options);

}  // namespace modlab::server
