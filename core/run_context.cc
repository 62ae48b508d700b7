#include "core/run_context.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>

#include "core/error.h"

namespace modlab {
namespace {

constexpr std::chrono::milliseconds kReportInterval{100};

/// The tasks of one ParallelFor. Helpers share its ownership, so that the caller waits for the tasks only, not for
/// helpers that wake up after the last task was taken.
class TaskBatch {
 public:
  TaskBatch(int count, const std::function<void(int)>& task, const RunContext& context)
      : count_(count), task_(task), context_(context) {}

  /// Takes tasks until there are none left. Touches neither the task nor the context after the last one has ended.
  void Work() {
    for (int index = next_.fetch_add(1); index < count_; index = next_.fetch_add(1)) {
      RunTask(index);
      if (ended_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) ended_.notify_all();
    }
  }

  /// Returns when every task has ended; rethrows the first exception.
  void Wait() {
    for (int ended = ended_.load(std::memory_order_acquire); ended != count_;
         ended = ended_.load(std::memory_order_acquire)) {
      ended_.wait(ended, std::memory_order_acquire);
    }
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void RunTask(int index) {
    if (failed_.load(std::memory_order_relaxed)) return;
    try {
      context_.CheckCancelled();
      task_(index);
    } catch (...) {
      const std::scoped_lock lock(error_mutex_);
      if (!error_) error_ = std::current_exception();
      failed_.store(true, std::memory_order_relaxed);
    }
  }

  const int count_;
  const std::function<void(int)>& task_;
  const RunContext& context_;
  std::atomic<int> next_{0};
  std::atomic<int> ended_{0};
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

}  // namespace

struct RunContext::LastReport {
  std::mutex mutex;
  std::string phase;
  std::chrono::steady_clock::time_point time;
};

RunContext::RunContext(int threads, ProgressCallback progress)
    : threads_(threads), progress_(std::move(progress)), last_report_(std::make_unique<LastReport>()) {
  if (threads < 1) throw std::logic_error("a RunContext needs at least one thread");
  if (threads > 1) pool_ = std::make_unique<boost::asio::thread_pool>(threads - 1);
}

RunContext::RunContext(const RunContext* parent) : parent_(parent) {}

RunContext::~RunContext() = default;

void RunContext::ParallelFor(int count, const std::function<void(int)>& task) {
  if (count <= 0) return;
  if (pool_ == nullptr || count == 1) {
    for (int index = 0; index < count; ++index) {
      CheckCancelled();
      task(index);
    }
    return;
  }
  const auto batch = std::make_shared<TaskBatch>(count, task, *this);
  const int helpers = std::min(threads_, count) - 1;
  for (int helper = 0; helper < helpers; ++helper) {
    boost::asio::post(*pool_, [batch] { batch->Work(); });
  }
  batch->Work();
  batch->Wait();
}

void RunContext::Report(std::string_view phase, std::optional<double> fraction) {
  CheckCancelled();
  if (!progress_) return;
  const auto now = std::chrono::steady_clock::now();
  const std::scoped_lock lock(last_report_->mutex);
  if (last_report_->phase == phase && now - last_report_->time < kReportInterval) return;
  last_report_->phase = phase;
  last_report_->time = now;
  progress_(phase, fraction);
}

void RunContext::CheckCancelled() const {
  if (cancelled()) throw Cancelled();
}

}  // namespace modlab
