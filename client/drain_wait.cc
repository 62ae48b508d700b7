#include "client/drain_wait.h"

#include <algorithm>

namespace modlab::client {

using std::chrono::steady_clock;
using std::chrono::system_clock;

DrainOutcome DrainWait::Run(v1::Server server, const DrainObserver& observer) {
  bool answers = true;
  steady_clock::time_point last_answer = steady_clock::now();
  while (true) {
    if (answers) observer.on_server(server);
    if (answers && server.running_jobs() == 0) return {DrainEnd::kIdle, server};
    if (answers && !server.draining()) return {DrainEnd::kUndrained, server};
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
  const system_clock::time_point next = system_clock::now() + options_.poll;
  std::unique_lock lock(mutex_);
  return !interrupt_.wait_until(lock, std::min(next, connection_.deadline().value_or(next)),
                                [this] { return interrupted_; });
}

void DrainWait::Interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  interrupt_.notify_all();
}

}  // namespace modlab::client
