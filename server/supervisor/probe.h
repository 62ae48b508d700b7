#pragma once

#include <string>

#include "server/executor/attempt_directory.h"
#include "server/sandbox/sandbox.h"

namespace modlab::server {

/// Tries the sandbox in a process that is thrown away, and prints one line: what a job will be held in by, or, where
/// that is not sufficient and SandboxMode::kRequired, what is missing. `directory` has in/ and out/artifacts/, with
/// nothing in them. Returns the exit status: 0, or kSupervisorSandboxInsufficient. Needs a process without threads.
/// Throws std::system_error.
int ProbeSandbox(const AttemptDirectory& directory, SandboxOptions options);

}  // namespace modlab::server
