#pragma once

namespace modlab::server {

/// Whether these arguments name one of the operator's commands, `modlabd user ...` and `modlabd token ...`, rather than
/// starting a server.
bool IsAdminCommand(int argc, char** argv);

/// Runs it on a data directory, whose server may run meanwhile, and returns the exit status: 0, 1 (it failed; a
/// sentence is on standard error), 2 (usage).
int RunAdminCommand(int argc, char** argv);

}  // namespace modlab::server
