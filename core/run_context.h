#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace boost::asio {
class thread_pool;
}

namespace modlab {

/// What a long computation needs from its caller: threads, somebody to report to, and a way to be stopped.
///
/// One computation uses a context at a time; `Cancel` may be called from any thread and from a signal handler.
class RunContext {
 public:
  /// Called with the phase and its fraction in [0, 1], or no fraction where it is not known. Called from the thread
  /// that calls `Report`, one call at a time, at most every 100 ms within a phase, and always on a phase's first
  /// report.
  using ProgressCallback = std::function<void(std::string_view phase, std::optional<double> fraction)>;

  /// `threads` >= 1, the calling thread counted: the pool gets one fewer.
  explicit RunContext(int threads = 1, ProgressCallback progress = {});
  /// For what one of the parent's tasks does: one thread, no progress, cancelled when the parent is. The parent must
  /// outlive it.
  explicit RunContext(const RunContext* parent);
  ~RunContext();
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

  int threads() const { return threads_; }

  /// Calls task(0) ... task(count - 1), spread over the threads, and returns when all are done. Tasks must not depend
  /// on which thread runs them or when. The first exception thrown by a task is rethrown after all have ended; tasks
  /// not yet begun are then skipped. Checks for cancellation between tasks. Not reentrant from inside a task.
  void ParallelFor(int count, const std::function<void(int)>& task);

  /// Reports progress and checks for cancellation. May be called from tasks too.
  void Report(std::string_view phase, std::optional<double> fraction = {});

  /// Makes the computation leave with Cancelled at its next check. Async-signal-safe.
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const {
    return cancelled_.load(std::memory_order_relaxed) || (parent_ != nullptr && parent_->cancelled());
  }
  /// Throws Cancelled after `Cancel`.
  void CheckCancelled() const;

 private:
  int threads_ = 1;
  const RunContext* parent_ = nullptr;
  ProgressCallback progress_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<boost::asio::thread_pool> pool_;
  struct LastReport;
  std::unique_ptr<LastReport> last_report_;
};

}  // namespace modlab
