#pragma once

#include "client/session.h"
#include "modlab/v1/server.pb.h"

namespace modlab::client {

// What the commands about the server itself share.

v1::Server GetServer(Connection& connection);

/// Prints what a server says about itself.
void PrintServer(const Session& session, const Connection& connection, const v1::Server& server);

}  // namespace modlab::client
