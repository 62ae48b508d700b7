#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "client/connection.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// Whether a job in this state has come to its end: SUCCEEDED, FAILED or CANCELLED.
bool HasEnded(v1::Job::State state);

/// Is told what a watched job does. All calls come from the thread that runs the watch.
class JobObserver {
 public:
  virtual ~JobObserver() = default;
  /// The job as it is: at the start, after every new connection, and at the end.
  virtual void OnJob(const v1::Job& job) {}
  /// Every event after the first sequence number asked for: in order, each once.
  virtual void OnEvent(const v1::Event& event) {}
  /// Nothing happened for a while, and the connection lives.
  virtual void OnHeartbeat() {}
  /// The connection broke and is being taken up again.
  virtual void OnDisconnected(const std::string& why) {}
};

struct WatchOptions {
  /// Only events after this one.
  int after_sequence = 0;
  /// Whether to go on to the job's end. Otherwise to the newest event that there is at the start.
  bool to_the_end = true;
  /// When to stop waiting; the job goes on. Absent: never.
  Deadline deadline;
  /// How long to try to get back to a server that was there before.
  std::chrono::seconds reconnect_for = std::chrono::minutes(10);
  /// The wait before the first attempt to get back; later ones double, up to 10 s.
  std::chrono::milliseconds first_backoff{250};
  /// Called before every attempt to get back to a server that vanished: it may start it again. Not called after one
  /// that said SERVER_STOPPING: somebody wants it gone. What it throws ends the watch.
  std::function<void()> restart_server;
};

enum class WatchEnd {
  kJobEnded,
  /// All events that there were at the start have come. Only where it was not to go on to the end.
  kCaughtUp,
  kTimedOut,
  kInterrupted,
};

struct WatchOutcome {
  WatchEnd end;
  /// As last seen; with its result or error if it has ended.
  v1::Job job;
};

/// Follows a job to its end, over as many connections as it takes.
class JobWatch {
 public:
  /// `job` is `jobs/{id}`.
  JobWatch(Connection& connection, std::string job, const WatchOptions& options);

  /// Returns when the watch has come to its end, the deadline has passed, or Interrupt was called. Throws what
  /// FailureOf makes of a refusal, and Failure (kUnreachable) if the server cannot be reached at first, also where the
  /// deadline passes meanwhile, or not again. Call once.
  WatchOutcome Run(JobObserver& observer);

  /// Makes Run return soon. From any thread.
  void Interrupt();

 private:
  struct StreamEnd {
    grpc::Status status;
    v1::ErrorDetail detail;
    bool received = false;
  };

  StreamEnd ReadStream(JobObserver& observer);
  void Take(const v1::WatchJobResponse& update, JobObserver& observer);
  bool CaughtUp() const { return newest_at_start_ && last_sequence_ >= *newest_at_start_; }
  /// False if it was interrupted instead.
  bool Sleep(std::chrono::milliseconds time);
  bool interrupted();

  Connection& connection_;
  const std::string name_;
  const WatchOptions options_;
  int last_sequence_;
  std::optional<int> newest_at_start_;  // known once the first message has come; never if the watch goes to the end
  v1::Job job_;

  std::mutex mutex_;
  bool interrupted_ = false;                // guarded by mutex_
  grpc::ClientContext* context_ = nullptr;  // guarded by mutex_; the stream that is open
};

}  // namespace modlab::client
