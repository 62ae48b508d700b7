#pragma once

#include "client/environment.h"
#include "client/errors.h"

namespace modlab::client {

/// Runs the command that the arguments name and returns what the process is to end with. Every failure has been
/// reported on standard error by then, in one line that starts with `modlab: `.
ExitCode RunApplication(int argc, const char* const* argv, const Environment& environment);

}  // namespace modlab::client
