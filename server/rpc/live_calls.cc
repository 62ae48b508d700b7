#include "server/rpc/live_calls.h"

#include <utility>

namespace modlab::server {

bool LiveCalls::Add(const std::shared_ptr<Interruptible>& stream) {
  const std::lock_guard lock(mutex_);
  if (interrupted_) return false;
  streams_.insert(stream);
  return true;
}

void LiveCalls::Remove(const std::shared_ptr<Interruptible>& stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

void LiveCalls::InterruptAll() {
  std::set<std::shared_ptr<Interruptible>> streams;
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    streams = std::exchange(streams_, {});
  }
  for (const auto& stream : streams) stream->Interrupt();
}

bool LiveCalls::interrupted() const {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

void LiveCalls::Begin() {
  const std::lock_guard lock(mutex_);
  ++open_;
}

void LiveCalls::End() {
  const std::lock_guard lock(mutex_);
  --open_;
  last_ = std::chrono::steady_clock::now();
}

std::chrono::steady_clock::duration LiveCalls::Idle() const {
  const std::lock_guard lock(mutex_);
  if (open_ > 0) return {};
  return std::chrono::steady_clock::now() - last_;
}

}  // namespace modlab::server
