#pragma once

#include <chrono>

#include "client/connection.h"
#include "modlab/v1/server.pb.h"

namespace modlab::client {

struct StopWaitOptions {
  std::chrono::milliseconds poll{20};
  /// For how long nothing must answer where a server was that we cannot see.
  std::chrono::milliseconds silence{1000};
  /// How long to wait where the connection has no deadline.
  std::chrono::seconds limit{30};
};

/// Waits until a server that was asked to stop has gone. `server` is what it said of itself before.
///
/// A process that we can see has gone when it has ended. Of any other server, on another machine say, all that can be
/// known is that nothing answers any more, or another process does. A server that says that it is stopping is still
/// there, and one that does not answer in time may be.
///
/// Throws Failure (kTimedOut) if the server has not gone by the connection's deadline, or within `limit` where there is
/// none.
void AwaitStop(Connection& connection, const v1::Server& server, const StopWaitOptions& options = {});

}  // namespace modlab::client
