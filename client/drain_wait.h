#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "client/connection.h"
#include "modlab/v1/server.pb.h"

namespace modlab::client {

/// Is told how a server that is being drained fares. All calls come from the thread that runs the wait.
struct DrainObserver {
  /// What the server said last.
  std::function<void(const v1::Server&)> on_server = [](const v1::Server&) {};
  /// The server does not answer and is asked again; called once for every loss.
  std::function<void(const std::string& why)> on_disconnected = [](const std::string&) {};
};

struct DrainWaitOptions {
  std::chrono::milliseconds poll = std::chrono::seconds(1);
  /// How long to go on asking a server that does not answer any more.
  std::chrono::seconds reconnect_for = std::chrono::minutes(10);
};

enum class DrainEnd {
  /// No job runs any more.
  kIdle,
  /// Somebody told the server to start jobs again.
  kUndrained,
  kTimedOut,
  kInterrupted,
};

struct DrainOutcome {
  DrainEnd end;
  /// As it was last seen.
  v1::Server server;
};

/// Waits until no job runs on a server that is being drained.
class DrainWait {
 public:
  DrainWait(Connection& connection, const DrainWaitOptions& options) : connection_(connection), options_(options) {}

  /// `server` is as the draining found it. Stops at the connection's deadline. Throws what the server refuses, and
  /// Failure (kUnreachable) if it has not answered for too long. Call once.
  DrainOutcome Run(v1::Server server, const DrainObserver& observer);

  /// Makes Run return soon, at most the time of one call later. From any thread.
  void Interrupt();

 private:
  /// False if it was interrupted instead.
  bool Sleep();

  Connection& connection_;
  const DrainWaitOptions options_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace modlab::client
