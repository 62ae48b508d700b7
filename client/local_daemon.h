#pragma once

#include <memory>

#include "client/connection.h"
#include "client/environment.h"
#include "client/local_paths.h"
#include "modlab/v1/server.pb.h"

namespace modlab::client {

/// A connection to the user's own daemon. If none runs, starts one that leaves again when it has nothing to do. One of
/// an older version that was started in this way is stopped first (its running jobs go on, and the new one takes them
/// up); a newer one is used as it is. Several clients may call this at the same moment: all get the same daemon. Throws
/// Failure (kUnreachable), with the end of the daemon's log if it could not start.
std::unique_ptr<Connection> ConnectLocal(const Environment& environment);

/// A connection to the user's own daemon if one runs, else nullptr. Starts nothing.
std::unique_ptr<Connection> FindLocal(const Environment& environment);

/// Whether the process is a running modlabd on this machine. A process that has ended but was not yet waited for, as
/// happens in containers, does not count.
bool IsRunningDaemon(int pid);

}  // namespace modlab::client
