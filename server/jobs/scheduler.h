#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/executor/executor.h"
#include "server/jobs/admission.h"
#include "server/jobs/attempt_outcome.h"
#include "server/jobs/checkpoints.h"
#include "server/jobs/job_events.h"
#include "server/jobs/limits.h"
#include "server/store/attempts_table.h"
#include "server/store/data_directory.h"
#include "server/telemetry/metrics.h"

namespace modlab::server {

/// Runs jobs: gives queued ones a process, follows the attempts' directories into the store, and ends them. The store
/// is the only truth; what is in memory here can be lost at any time and is found again by the next daemon.
///
/// Everything happens on the io_context, in one thread, which may block on the disk. Only Wake may be called from
/// others.
class Scheduler {
 public:
  Scheduler(boost::asio::io_context& context, DataDirectory& data, JobEvents& events, Executor& executor,
            Admission& admission, Metrics& metrics, const Limits& limits);

  /// Takes up the attempts that an earlier daemon left, and starts working.
  void Start();
  /// Something has changed: a job was queued or is to be cancelled, or an attempt's process has ended.
  void Wake();
  /// Starts no more jobs. With `requeue`, ends the running ones and calls `stopped` when they are back in the queue;
  /// otherwise leaves them to their supervisors and calls it at once.
  void Stop(bool requeue, std::function<void()> stopped);

  int running() const { return static_cast<int>(attempts_.size()); }

 private:
  struct Attempt : OpenAttempt {
    std::string phase;
    int64_t uid = 0;
    bool cancel_sent = false;
    bool force_sent = false;
  };

  template <typename Step>
  bool Try(Step step);
  void Tick();
  void Arm();
  bool Follow(Attempt& attempt);
  void Finish(Attempt& attempt, const std::string& problem);
  void Count(const AttemptOutcome& outcome, const AttemptFacts& facts);
  AttemptFacts FactsOf(const Attempt& attempt, const AttemptDirectory& directory);
  bool StoreEvents(Attempt& attempt, const std::vector<std::string>& payloads, int64_t offset);
  void SendCancellations();
  void KeepWarm();
  void StartWaiting();
  bool StartNext();
  void StartJob(const modlab::v1::Job& job);
  bool BeginAttempt(const modlab::v1::Job& job, const Attempt& attempt);
  AttemptLimits LimitsOf(const modlab::v1::JobSpec& spec) const;
  int64_t UnusedUid() const;
  void FailToStart(const std::string& job, const std::string& message);

  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
  DataDirectory& data_;
  JobEvents& events_;
  Executor& executor_;
  Admission& admission_;
  Metrics& metrics_;
  Checkpoints checkpoints_;
  const Limits& limits_;
  std::vector<Attempt> attempts_;
  bool stuck_ = false;  ///< In this tick.
  std::string complaint_;
  std::chrono::steady_clock::time_point next_complaint_;
  std::chrono::steady_clock::time_point last_start_;  ///< Of an attempt.
  std::chrono::steady_clock::time_point next_start_;  ///< Until then nothing that waits can be started.
  std::atomic<bool> woken_{false};
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace modlab::server
