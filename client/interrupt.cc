#include "client/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <utility>

#include "client/errors.h"

namespace modlab::client {
namespace {

std::mutex handler_mutex;
std::function<void()> current_handler;  // NOLINT(bugprone-throwing-static-initialization): an empty function

void TakeInterrupts(sigset_t signals) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    const std::lock_guard lock(handler_mutex);
    if (!current_handler) _exit(static_cast<int>(ExitCode::kInterrupted));
    std::exchange(current_handler, nullptr)();
  }
}

}  // namespace

void InstallInterrupts() {
  struct sigaction action {};
  if (sigaction(SIGINT, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) return;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(TakeInterrupts, signals).detach();
}

InterruptHandler::InterruptHandler(std::function<void()> handler) {
  const std::lock_guard lock(handler_mutex);
  current_handler = std::move(handler);
}

InterruptHandler::~InterruptHandler() {
  const std::lock_guard lock(handler_mutex);
  current_handler = nullptr;
}

}  // namespace modlab::client
