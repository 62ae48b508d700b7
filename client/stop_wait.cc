#include "client/stop_wait.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/local_daemon.h"

namespace modlab::client {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

enum class Presence { kPerhapsThere, kSilent, kReplaced };

/// Asks the server what it is. Not in vain where its process tells more: a call is what lets this side of the
/// connection hear the server's goodbye, for which the server waits.
Presence PresenceOf(Connection& connection, int pid, system_clock::time_point end) {
  grpc::ClientContext context;
  context.set_deadline(std::min(end, system_clock::now() + Connection::kCallTime));
  v1::Server now;
  const grpc::Status status = connection.stub<v1::ServerService::Stub>().GetServer(&context, {}, &now);
  if (status.ok()) return now.pid() == pid ? Presence::kPerhapsThere : Presence::kReplaced;
  // CANCELLED is from a server that closes its connections, and what it explains from one that still can.
  const bool answered =
      status.error_code() != grpc::StatusCode::UNAVAILABLE || DetailOf(context).reason() != v1::REASON_UNSPECIFIED;
  return answered ? Presence::kPerhapsThere : Presence::kSilent;
}

}  // namespace

void AwaitStop(Connection& connection, const v1::Server& server, const StopWaitOptions& options) {
  const auto begin = steady_clock::now();
  const auto end = connection.deadline().value_or(system_clock::now() + options.limit);
  const bool visible = IsRunningDaemon(server.pid());
  auto last_heard = begin;
  while (true) {
    const Presence presence = PresenceOf(connection, server.pid(), end);
    const auto now = steady_clock::now();
    if (presence == Presence::kPerhapsThere) last_heard = now;
    const bool gone = presence == Presence::kReplaced || now - last_heard >= options.silence;
    if (visible ? !IsRunningDaemon(server.pid()) : gone) return;
    if (HasPassed(end)) {
      throw Failure(ExitCode::kTimedOut,
                    fmt::format("the server (process {}) was asked to stop and may still run after {} s", server.pid(),
                                std::chrono::round<std::chrono::seconds>(now - begin).count()));
    }
    connection.Pause(options.poll);
  }
}

}  // namespace modlab::client
