#pragma once

#include <functional>

namespace modlab::client {

/// What Ctrl-C (SIGINT) does: by itself it ends the process with exit code 130; while an InterruptHandler lives, it
/// calls that instead. A second Ctrl-C under the same handler ends the process. Where the process was started with
/// SIGINT ignored (`nohup`, `&` in a script), it stays ignored.
///
/// Signals are taken by a thread of their own, so a handler may lock, cancel RPCs and print.

/// Call once, before any other thread is started.
void InstallInterrupts();

/// One at a time.
class InterruptHandler {
 public:
  explicit InterruptHandler(std::function<void()> handler);
  /// Returns after a handler that is being called has returned.
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
};

}  // namespace modlab::client
