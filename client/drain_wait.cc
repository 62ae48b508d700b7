#include "client/drain_wait.h"

namespace modlab::client {

using std::chrono::steady_clock;

DrainOutcome DrainWait::Run(v1::Server server, const DrainObserver& observer) {
  bool answers = true;
  steady_clock::time_point last_answer = steady_clock::now();
  while (true) {
    if (answers) observer.on_server(server);
    if (answers && !server.draining()) return {DrainEnd::kUndrained, server};  // also if it is idle for a moment
    if (answers && server.running_jobs() == 0) return {DrainEnd::kIdle, server};
    if (!Sleep()) return {DrainEnd::kInterrupted, server};
    if (HasPassed(connection_.deadline())) return {DrainEnd::kTimedOut, server};
    try {
      server = connection_.Call(&v1::ServerService::Stub::GetServer, v1::GetServerRequest());
      answers = true;
      last_answer = steady_clock::now();
    } catch (const Failure& failure) {
      if (failure.code() != ExitCode::kUnreachable) throw;
      if (HasPassed(connection_.deadline())) return {DrainEnd::kTimedOut, server};
      if (steady_clock::now() - last_answer >= options_.reconnect_for) throw;
      if (answers) observer.on_disconnected(failure.what());
      answers = false;
    }
  }
}

bool DrainWait::Sleep() {
  return connection_.WaitFor(options_.poll, [this] { return interrupted_.load(); });
}

void DrainWait::Interrupt() { interrupted_ = true; }

}  // namespace modlab::client
