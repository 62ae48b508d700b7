#include "server/jobs/attempt_outcome.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <signal.h>

#include <cstring>

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::Job;
using modlab::v1::Reason;

/// A worker that always says that it was not its fault must not come again for ever.
constexpr int kMostAttempts = 50;
std::string DuringPhase(const std::string& phase) {
  if (phase.empty()) return "before it had loaded the model";
  if (phase == "load") return "while loading the model";
  if (phase == "read") return "while reading the model's graph";
  return fmt::format("in the phase `{}`", phase);
}

AttemptOutcome Fail(const AttemptFacts& facts, Reason reason, const std::string& message) {
  AttemptOutcome outcome;
  outcome.error.set_reason(reason);
  outcome.error.set_message(message);
  outcome.error.set_phase(facts.phase);
  if (!facts.last_output.empty()) (*outcome.error.mutable_metadata())["output"] = facts.last_output;
  outcome.description = message;
  return outcome;
}

AttemptOutcome Requeue(const std::string& description) {
  AttemptOutcome outcome;
  outcome.state = Job::QUEUED;
  outcome.description = description;
  return outcome;
}

AttemptOutcome Lost(const AttemptFacts& facts, const Limits& limits, const std::string& how) {
  if (facts.lost_before + 1 < limits.attempts) {
    AttemptOutcome outcome = Requeue(how + "; trying again");
    outcome.lost = true;
    return outcome;
  }
  AttemptOutcome outcome = Fail(
      facts, modlab::v1::LOST,
      fmt::format("{} {}, {} times in all: ask the server's operator whether the machine runs out of memory or disk",
                  how, DuringPhase(facts.phase), facts.lost_before + 1));
  outcome.lost = true;
  return outcome;
}

bool OfTheModelsOwnMaking(int signal) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGABRT:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGPIPE:
      return true;
    default:
      return false;
  }
}

AttemptOutcome DiskLimit(const AttemptFacts& facts, const std::string& what) {
  return Fail(facts, modlab::v1::DISK_LIMIT,
              fmt::format("the job was stopped {}: what it may write to the disk is used up ({})",
                          DuringPhase(facts.phase), what));
}

AttemptOutcome ResultInvalid(const AttemptFacts& facts) {
  return Fail(facts, modlab::v1::RESULT_INVALID,
              fmt::format("the worker's result cannot be used: {}",
                          facts.result_problem.empty() ? "there is none" : facts.result_problem));
}

AttemptOutcome StoppedBeforeItsEnd(const AttemptFacts& facts, const Limits& limits) {
  if (facts.attempts_before < kMostAttempts) return Requeue("requeued: it was stopped before it was done");
  return Lost(facts, limits, "the worker stopped before it was done");
}

AttemptOutcome Exited(const AttemptFacts& facts, const Limits& limits) {
  if (facts.end->status == kWorkerSandboxStatus) {
    return Fail(
        facts, modlab::v1::SANDBOX_INSUFFICIENT,
        fmt::format("the model was not touched, since it cannot be confined: {}: the server's operator can mend "
                    "that, or start modlabd with --sandbox best-effort",
                    facts.last_output));
  }
  if (facts.end->status == kWorkerCancelledStatus) return StoppedBeforeItsEnd(facts, limits);
  if (facts.end->status == kWorkerDiskFullStatus) {
    // Not the fault of a job that wrote little.
    if (facts.written_bytes < limits.min_free_bytes && facts.attempts_before < kMostAttempts) {
      return Requeue("requeued: the server's disk was full");
    }
    return Lost(facts, limits, "the worker could not write down what it found, since the disk was full");
  }
  if (facts.end->status != 0) {
    return Fail(facts, modlab::v1::CRASHED,
                fmt::format("the worker ended with status {} {}: the model's code does not survive being run",
                            facts.end->status, DuringPhase(facts.phase)));
  }
  if (!facts.result) return ResultInvalid(facts);
  if (facts.result->has_error()) {
    AttemptOutcome outcome = Fail(facts, facts.result->error().reason(), facts.result->error().message());
    outcome.error = facts.result->error();
    return outcome;
  }
  // A training that is asked to end cannot know who asked, and why.
  if (facts.result->result().train().stopped_by() == kStoppedByCancel && !facts.cancelling) {
    return StoppedBeforeItsEnd(facts, limits);
  }
  AttemptOutcome outcome;
  outcome.state = Job::SUCCEEDED;
  outcome.description = "finished";
  return outcome;
}

}  // namespace

AttemptOutcome Decide(const AttemptFacts& facts, const Limits& limits) {
  if (facts.cancelling && !(facts.end && facts.end->how == AttemptEnd::How::kExited && facts.end->status == 0 &&
                            facts.result && facts.result->has_result())) {
    AttemptOutcome outcome;
    outcome.state = Job::CANCELLED;
    outcome.description = "cancelled";
    return outcome;
  }
  if (!facts.end) {
    return Lost(facts, limits,
                facts.begun ? "the job's process was lost (killed, or the machine went down)"
                            : "the job's process was lost at its start (killed, or the server went down)");
  }
  switch (facts.end->how) {
    case AttemptEnd::How::kExited:
      return Exited(facts, limits);
    case AttemptEnd::How::kSignaled: {
      const int signal = facts.end->status;
      const char* name = ::strsignal(signal);
      if (signal == SIGSYS) {
        return Fail(facts, modlab::v1::SANDBOX_VIOLATION,
                    fmt::format("the model's code was stopped {}, since it tried what the sandbox forbids: {}",
                                DuringPhase(facts.phase), facts.last_output));
      }
      if (signal == SIGXFSZ) return DiskLimit(facts, "a file grew too large");
      if (signal == SIGXCPU) {
        return Fail(facts, modlab::v1::TIME_LIMIT,
                    fmt::format("the job used up the processor time that its threads could use in its wall time {}",
                                DuringPhase(facts.phase)));
      }
      const std::string text = fmt::format("signal {}, {}", signal, name == nullptr ? "unknown" : name);
      if (!OfTheModelsOwnMaking(signal))
        return Lost(facts, limits, "the worker was killed from outside (" + text + ")");
      AttemptOutcome outcome =
          Fail(facts, modlab::v1::CRASHED,
               fmt::format("the worker crashed ({}) {}: the model file is damaged, or its code breaks the process",
                           text, DuringPhase(facts.phase)));
      (*outcome.error.mutable_metadata())["signal"] = std::to_string(signal);
      return outcome;
    }
    case AttemptEnd::How::kTimeLimit:
      return Fail(facts, modlab::v1::TIME_LIMIT,
                  fmt::format("the job used up its wall time of {} {}: if it needs more, give a longer --time-limit",
                              TimeUtil::ToString(facts.spec.resources().wall_time()), DuringPhase(facts.phase)));
    case AttemptEnd::How::kMemoryLimit:
      return Fail(facts, modlab::v1::MEMORY_LIMIT,
                  fmt::format("the job used more than its {} MiB of memory {}: if it needs more, give a larger "
                              "--memory-limit",
                              facts.spec.resources().memory_bytes() >> 20, DuringPhase(facts.phase)));
    case AttemptEnd::How::kDiskLimit:
      return DiskLimit(facts, facts.end->message);
    case AttemptEnd::How::kThreadLimit:
      return Fail(facts, modlab::v1::THREAD_LIMIT,
                  fmt::format("the job was stopped {}: it {}", DuringPhase(facts.phase), facts.end->message));
    case AttemptEnd::How::kCancelled:
      // What it wrote made no sense, and it was stopped for that.
      if (!facts.result_problem.empty()) return ResultInvalid(facts);
      return Requeue("requeued: it was stopped before it was done");
    case AttemptEnd::How::kStartFailed:
      return Fail(facts, modlab::v1::START_FAILED,
                  fmt::format("the server could not start the job's worker: {}", facts.end->message));
  }
  return Fail(facts, modlab::v1::INTERNAL_FAULT, "the attempt ended in a way that modlab does not know");
}

}  // namespace modlab::server
