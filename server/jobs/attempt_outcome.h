#pragma once

#include <optional>
#include <string>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/jobs/limits.h"

namespace modlab::server {

/// TrainResult.stopped_by of one that was asked to end.
inline constexpr const char* kStoppedByCancel = "cancelled";

/// All that is known about an attempt that is over.
struct AttemptFacts {
  modlab::v1::JobSpec spec;
  /// Whether a supervisor had taken the attempt: it then makes the log at once, before it lets the worker run.
  bool begun = false;
  /// What the supervisor recorded; absent where it is gone without a word.
  std::optional<AttemptEnd> end;
  /// What the worker wrote, checked; absent where there is none, or `result_problem` says what is wrong with it.
  std::optional<modlab::internal::WorkerResult> result;
  std::string result_problem;
  /// What the worker had written, in bytes on the disk.
  int64_t written_bytes = 0;
  /// How many attempts there were before.
  int attempts_before = 0;
  /// Whether the job was asked to end.
  bool cancelling = false;
  /// How many attempts at the job were lost before.
  int lost_before = 0;
  /// The phase that the worker reported last.
  std::string phase;
  /// The last line that the worker printed.
  std::string last_output;
};

/// What follows from it.
struct AttemptOutcome {
  modlab::v1::Job::State state = modlab::v1::Job::FAILED;  ///< QUEUED: try again.
  modlab::v1::JobError error;                              ///< Where FAILED.
  std::string description;                                 ///< For Attempt.outcome and the event.
  bool lost = false;                                       ///< Counts against the number of attempts.
};

/// An exception, a limit, or a signal of the model's own making (SEGV, ABRT, ...) fails the job with a reason; a
/// SIGKILL that we did not send, a lost process or a reboot starts a new attempt, at most `limits.attempts` in all; a
/// process that was stopped although nobody cancelled the job goes back to the queue.
AttemptOutcome Decide(const AttemptFacts& facts, const Limits& limits);

}  // namespace modlab::server
