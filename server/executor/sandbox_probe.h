#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "server/sandbox/sandbox.h"

namespace modlab::server {

/// What jobs on this machine will be held in by, found out by trying it.
struct SandboxReport {
  bool sufficient = true;
  std::string text;  ///< As SandboxLevel::Describe says it; what is missing, where it is not sufficient.
};

/// Runs `supervisor --probe-sandbox` on a directory that it makes in `scratch` and removes. `uid`: that a job would
/// change to; 0: none. Takes some milliseconds. Throws std::system_error.
SandboxReport ProbeSandbox(const std::filesystem::path& supervisor, SandboxMode mode, uid_t uid,
                           const std::filesystem::path& scratch);

}  // namespace modlab::server
