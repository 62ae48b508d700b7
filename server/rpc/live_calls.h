#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <set>

namespace modlab::server {

/// The calls that are open, for two purposes: gRPC's shutdown waits for open streams for ever, so each has to be
/// finished first; and a daemon that leaves when idle must know whether it is. Thread safe.
class LiveCalls {
 public:
  /// A stream that can be ended from outside.
  class Interruptible {
   public:
    virtual ~Interruptible() = default;
    /// Makes the stream finish with UNAVAILABLE soon. Called once at most, from any thread.
    virtual void Interrupt() = 0;
  };

  /// False, and the stream is not kept, once InterruptAll was called: the stream must then finish by itself.
  bool Add(const std::shared_ptr<Interruptible>& stream);
  void Remove(const std::shared_ptr<Interruptible>& stream);
  /// Ends all streams, now and in future, and makes unary calls be refused: the server is on its way out.
  void InterruptAll();
  bool interrupted() const;

  /// Brackets every call but health checks.
  void Begin();
  void End();
  /// How long no call has been open.
  std::chrono::steady_clock::duration Idle() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::shared_ptr<Interruptible>> streams_;
  bool interrupted_ = false;
  int open_ = 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace modlab::server
