#pragma once

#include "server/options.h"

namespace modlab::server {

/// Runs the daemon until it is told to stop, by a signal or by a call, or has been idle for long enough. Returns the
/// program's exit code. Throws std::runtime_error with a sentence where it cannot start.
int RunDaemon(const Options& options);

}  // namespace modlab::server
