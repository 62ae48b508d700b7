#include "client/commands/server_flow.h"

#include <chrono>

#include "client/output/server_text.h"

namespace modlab::client {

v1::Server GetServer(Connection& connection) {
  return connection.CallWithRetries(&v1::ServerService::Stub::GetServer, v1::GetServerRequest());
}

void PrintServer(const Session& session, const Connection& connection, const v1::Server& server) {
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  session.Print(server, connection.name(),
                [&](const TextStyle& style) { return ServerText(server, connection.name(), now, style); });
}

}  // namespace modlab::client
