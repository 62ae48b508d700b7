#include "client/commands/experiment_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "client/backoff.h"
#include "client/commands/job_flow.h"
#include "client/commands/paging.h"
#include "client/interrupt.h"
#include "client/names.h"
#include "client/output/experiment_text.h"
#include "client/output/text.h"
#include "client/watch.h"

namespace modlab::client {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLeastInterval(300);
constexpr std::chrono::milliseconds kMostInterval(2000);
constexpr auto kReconnectFor = std::chrono::minutes(10);

std::optional<v1::Experiment> GetIfThere(Session& session, const std::string& name) {
  v1::GetExperimentRequest request;
  request.set_name(name);
  try {
    return session.Connect().CallWithRetries(&v1::ExperimentService::Stub::GetExperiment, request);
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kNotFound) throw;
    return std::nullopt;
  }
}

bool IsJob(Session& session, const std::string& name) {
  v1::GetJobRequest request;
  request.set_name(name);
  try {
    session.Connect().CallWithRetries(&v1::JobService::Stub::GetJob, request);
    return true;
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kNotFound) throw;
    return false;
  }
}

bool MayBeId(const std::string& text) { return !text.empty() && text.find('/') == std::string::npos; }

std::optional<v1::Experiment> FindByDisplayName(Session& session, const std::string& display_name) {
  if (display_name.empty()) return std::nullopt;  // none has such, and the server would list them all
  v1::ListExperimentsRequest request;
  request.set_display_name(display_name);
  const v1::ListExperimentsResponse found =
      ListUpTo(session.Connect(), &v1::ExperimentService::Stub::ListExperiments, request, 0,
               [](const v1::ListExperimentsResponse& page) { return page.experiments_size(); });
  if (found.experiments().empty()) return std::nullopt;
  const std::string user =
      session.Connect().CallWithRetries(&v1::ServerService::Stub::GetServer, v1::GetServerRequest()).user();
  const auto own = std::find_if(found.experiments().begin(), found.experiments().end(),
                                [&](const v1::Experiment& experiment) { return experiment.owner() == user; });
  return GetIfThere(session, own == found.experiments().end() ? found.experiments(0).name() : own->name());
}

[[noreturn]] void ThrowNoSuch(const Session& session, const std::string& subject) {
  throw Failure(ExitCode::kNotFound, fmt::format("there is no experiment '{}'; `{}` shows those there are",
                                                 Printable(subject), session.CommandLine("experiment list")));
}

/// Asks until it gets an answer, for ten minutes at most.
class PersistentLook {
 public:
  PersistentLook(Session& session, std::string name) : session_(session), name_(std::move(name)) {}

  /// Nothing where `is_over` has come true before there was an answer.
  std::optional<v1::Experiment> Look(Progress& progress, const std::function<bool()>& is_over) {
    const steady_clock::time_point start = steady_clock::now();
    Backoff backoff(std::chrono::milliseconds(250), std::chrono::seconds(10));
    for (bool told = false;;) {
      v1::GetExperimentRequest request;
      request.set_name(name_);
      try {
        return session_.Connect().CallWithRetries(&v1::ExperimentService::Stub::GetExperiment, request);
      } catch (const Failure& failure) {
        if (failure.code() != ExitCode::kUnreachable || steady_clock::now() - start > kReconnectFor) throw;
        if (is_over()) return std::nullopt;
        if (!std::exchange(told, true)) progress.Say(LostServerText(failure.what()));
      }
      session_.Connect().WaitFor(backoff.Next(), is_over);
      if (is_over()) return std::nullopt;
      session_.RestartLocalServer();
    }
  }

 private:
  Session& session_;
  std::string name_;
};

void ShowProgress(const v1::Experiment& experiment, Progress& progress) {
  const int ended = JobsIn(experiment, v1::Job::SUCCEEDED) + JobsIn(experiment, v1::Job::FAILED) +
                    JobsIn(experiment, v1::Job::CANCELLED);
  progress.Show("experiment", static_cast<double>(ended) / experiment.jobs_size(), ExperimentProgressText(experiment));
}

/// What went wrong first.
ExitCode ReportEnd(const Session& session, const v1::Experiment& experiment) {
  if (experiment.state() == v1::Experiment::SUCCEEDED) return ExitCode::kOk;
  const std::string again =
      fmt::format("`{}` starts what failed again", session.CommandLine("experiment resume " + IdOf(experiment.name())));
  for (const v1::ExperimentJob& job : experiment.jobs()) {
    if (job.state() != v1::Job::FAILED || job.error().reason() == v1::INPUT_FAILED) continue;
    throw Failure(
        ExitCode::kJobFailed,
        fmt::format("{}; {}", Describe(fmt::format("{} (job {}) failed", StepText(job), IdOf(job.job())), job.error()),
                    again));
  }
  throw Failure(ExitCode::kJobFailed, fmt::format("some jobs of {} were cancelled or are gone; {}",
                                                  Printable(experiment.display_name()), again));
}

}  // namespace

v1::Experiment FindExperiment(Session& session, const std::string& subject) {
  if (subject.starts_with("experiments/") || MayBeId(subject)) {
    const std::string name = subject.starts_with("experiments/") ? subject : "experiments/" + subject;
    if (auto found = GetIfThere(session, name)) return *found;
  }
  if (auto found = FindByDisplayName(session, subject)) return *found;
  ThrowNoSuch(session, subject);
}

Subject FindSubject(Session& session, const std::string& text) {
  if (text.starts_with("jobs/")) return {text, ""};
  if (!text.starts_with("experiments/") && MayBeId(text) && IsJob(session, "jobs/" + text)) return {"jobs/" + text, ""};
  return {"", FindExperiment(session, text).name()};
}

std::chrono::milliseconds LookInterval(steady_clock::duration waited) {
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(waited / 20), kLeastInterval, kMostInterval);
}

ExitCode AwaitExperiment(Session& session, v1::Experiment& experiment, const Deadline& deadline) {
  const Deadline until = Earlier(deadline, session.deadline());
  const std::string id = IdOf(experiment.name());
  const auto progress = session.StartProgress();
  std::atomic<bool> interrupted = false;
  const InterruptHandler handler([&interrupted] { interrupted = true; });
  PersistentLook look(session, experiment.name());
  const steady_clock::time_point start = steady_clock::now();
  const std::string how =
      fmt::format("come back with `{}`, or end it with `{}`", session.CommandLine("experiment watch " + id),
                  session.CommandLine("experiment cancel " + id));
  const auto is_over = [&] { return interrupted.load() || HasPassed(until); };
  while (true) {
    if (auto seen = look.Look(*progress, is_over)) {
      experiment = *std::move(seen);
      if (experiment.state() != v1::Experiment::RUNNING) break;
      ShowProgress(experiment, *progress);
      session.Connect().WaitFor(LookInterval(steady_clock::now() - start), is_over);
    }
    if (interrupted) {
      progress->Clear();
      session.Note(fmt::format("stopped waiting; experiment {} goes on: {}", id, how));
      return ExitCode::kInterrupted;
    }
    if (HasPassed(until)) {
      progress->Clear();
      throw Failure(ExitCode::kTimedOut, fmt::format("experiment {} is still running; {}", id, how));
    }
  }
  progress->Clear();
  return ReportEnd(session, experiment);
}

}  // namespace modlab::client
