#pragma once

#include "server/executor/attempt_directory.h"

namespace modlab::server {

/// Runs the job of an attempt's directory in this process, which was initialised for `threads` threads, and writes its
/// result or its error there. Returns the process's exit status: 0, or kWorkerCancelledStatus where a SIGTERM stopped
/// it, with nothing written. Confines the process for good: call it once. Throws std::system_error where neither a
/// result nor an error can be written.
int RunJob(const AttemptDirectory& directory, int threads);

}  // namespace modlab::server
