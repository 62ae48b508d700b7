#include "client/commands/job_flow.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/interrupt.h"
#include "client/names.h"
#include "client/output/dataset_text.h"
#include "client/output/graph_text.h"
#include "client/output/job_text.h"
#include "client/output/json.h"
#include "client/output/model_text.h"
#include "client/output/score_table.h"
#include "client/output/terminal.h"
#include "client/output/text.h"
#include "client/output/train_table.h"
#include "client/output/training_plots.h"
#include "client/units.h"

namespace modlab::client {
namespace {

/// Shows states and progress; warnings of the job stay on the screen.
class ProgressObserver : public JobObserver {
 public:
  explicit ProgressObserver(const Session& session) : progress_(session.StartProgress()) {}

  void OnJob(const v1::Job& job) override {
    connected_ = true;
    ShowState(job.state());
  }

  void OnEvent(const v1::Event& event) override {
    if (event.has_state()) {
      ShowState(event.state().state());
    } else if (event.has_progress()) {
      const v1::Progress& progress = event.progress();
      progress_->Show(progress.phase(), progress.has_fraction() ? std::optional(progress.fraction()) : std::nullopt,
                      progress.detail());
    } else if (event.has_log() && event.log().severity() >= v1::LogLine::WARNING) {
      progress_->Say(event.log().text());
    }
  }

  void OnHeartbeat() override { progress_->Repeat(); }

  void OnDisconnected(const std::string& why) override {
    if (!std::exchange(connected_, false)) return;  // once for every loss, not for every attempt to get back
    progress_->Say(LostServerText(why));
  }

 protected:
  void ClearProgress() { progress_->Clear(); }

 private:
  void ShowState(v1::Job::State state) {
    if (HasEnded(state)) {
      progress_->Clear();
    } else {
      progress_->Show(state == v1::Job::QUEUED    ? "waiting for its turn"
                      : state == v1::Job::WAITING ? "waiting for what it works on"
                                                  : StateText(state),
                      std::nullopt);
    }
  }

  std::unique_ptr<Progress> progress_;
  bool connected_ = true;
};

/// Draws a training's loss and modularity above the progress; where standard error is no terminal, a line for each
/// epoch.
class PlottingObserver : public ProgressObserver {
 public:
  explicit PlottingObserver(const Session& session)
      : ProgressObserver(session),
        quiet_(session.quiet()),
        terminal_(IsTerminal(STDERR_FILENO, session.environment())),
        width_(StyleOf(STDERR_FILENO, session.environment()).width) {}

  void OnEvent(const v1::Event& event) override {
    if (event.has_metric()) {
      plots_.Take(event.metric());
      return;
    }
    if (plots_.dirty() && !quiet_) Draw();
    ProgressObserver::OnEvent(event);
  }

 private:
  void Draw() {
    ClearProgress();
    if (!terminal_) {
      if (const std::string line = plots_.Line(); !line.empty()) fmt::print(stderr, "modlab: {}\n", line);
      return;
    }
    const std::string text = plots_.Plots(width_);
    if (lines_ > 0) fmt::print(stderr, "\x1b[{}A\x1b[J", lines_);
    fmt::print(stderr, "{}", text);
    lines_ = std::count(text.begin(), text.end(), '\n');
  }

  TrainingPlots plots_;
  bool quiet_;
  bool terminal_;
  int width_;
  std::ptrdiff_t lines_ = 0;
};

/// Prints every event as well.
class PrintingObserver : public ProgressObserver {
 public:
  explicit PrintingObserver(const Session& session) : ProgressObserver(session), session_(session) {}

  void OnEvent(const v1::Event& event) override {
    const std::string text = session_.json() ? JsonLine(event) : EventText(event);
    if (!text.empty()) {
      ClearProgress();
      session_.PrintData(text);
    }
    if (!event.has_log()) ProgressObserver::OnEvent(event);
  }

 private:
  const Session& session_;
};

std::string HowToGoOn(const Session& session, const v1::Job& job) {
  const std::string id = IdOf(job.name());
  return fmt::format("come back with `{}`, or end it with `{}`", session.CommandLine("job watch " + id),
                     session.CommandLine("job cancel " + id));
}

}  // namespace

std::string ModelTitle(Session& session, const std::string& model) {
  v1::GetModelRequest request;
  request.set_name(model);
  try {
    return session.Connect().CallWithRetries(&v1::ModelService::Stub::GetModel, request).display_name();
  } catch (const Failure&) {
    return model;
  }
}

v1::Job CreateJob(Session& session, const v1::JobSpec& spec, const JobOptions& options) {
  v1::CreateJobRequest request;
  *request.mutable_job()->mutable_spec() = spec;
  for (const auto& [key, value] : ParseLabels(options.labels)) (*request.mutable_job()->mutable_labels())[key] = value;
  const v1::ShareRequest share = options.sharing.RequestFor("");
  request.mutable_job()->set_sharing(share.sharing());
  *request.mutable_job()->mutable_shared_with() = share.shared_with();
  request.mutable_job()->set_priority(options.priority);
  request.set_request_id(NewRequestId());
  return session.Connect().CallWithRetries(&v1::JobService::Stub::CreateJob, request);
}

WatchOutcome FollowJob(Session& session, const std::string& job, WatchOptions options, JobObserver& observer,
                       Announce announce) {
  options.deadline = Earlier(options.deadline, session.deadline());
  options.restart_server = [&session] { session.RestartLocalServer(); };
  JobWatch watch(session.Connect(), job, options);
  const InterruptHandler handler([&watch] { watch.Interrupt(); });
  // After the handler: whoever reads this may press Ctrl-C at once.
  if (announce == Announce::kYes) {
    session.Note(fmt::format("waiting for {}; Ctrl-C ends the waiting, not the job", job));
  }
  return watch.Run(observer);
}

std::string LostServerText(const std::string& why) {
  return fmt::format("lost the server ({}); trying to get back", why.empty() ? "it ended the stream" : why);
}

WatchOutcome AwaitJob(Session& session, const std::string& job, const Deadline& deadline, Announce announce,
                      Shown shown) {
  WatchOptions options;
  options.deadline = deadline;
  if (shown == Shown::kPlots) {
    PlottingObserver observer(session);
    return FollowJob(session, job, options, observer, announce);
  }
  ProgressObserver observer(session);
  return FollowJob(session, job, options, observer, announce);
}

WatchOutcome StreamJob(Session& session, const std::string& job, int after_sequence, const Deadline& deadline) {
  WatchOptions options;
  options.after_sequence = after_sequence;
  options.deadline = deadline;
  PrintingObserver observer(session);
  return FollowJob(session, job, options, observer);
}

ExitCode Report(const Session& session, const WatchOutcome& outcome) {
  const v1::Job& job = outcome.job;
  const std::string id = IdOf(job.name());
  switch (outcome.end) {
    case WatchEnd::kInterrupted:
      session.Note(fmt::format("stopped waiting; job {} goes on: {}", id, HowToGoOn(session, job)));
      return ExitCode::kInterrupted;
    case WatchEnd::kTimedOut:
      if (job.state() == v1::Job::STATE_UNSPECIFIED) {
        throw Failure(ExitCode::kTimedOut, fmt::format("the server did not say in time how job {} fares", id));
      }
      throw Failure(ExitCode::kTimedOut,
                    fmt::format("job {} is still {}; {}", id, StateText(job.state()), HowToGoOn(session, job)));
    case WatchEnd::kCaughtUp:
      return ExitCode::kOk;
    case WatchEnd::kJobEnded:
      break;
  }
  if (job.state() == v1::Job::SUCCEEDED) return ExitCode::kOk;
  if (job.state() == v1::Job::CANCELLED) throw Failure(ExitCode::kJobFailed, fmt::format("job {} was cancelled", id));
  throw Failure(ExitCode::kJobFailed, Describe(fmt::format("job {} failed", id), job.error()));
}

void PrintResult(Session& session, const v1::Job& job) {
  session.Print(job, IdOf(job.name()), [&](const TextStyle& style) {
    if (job.result().has_score()) return ScoreTable(job, ModelTitle(session, ModelOf(job.spec())), style);
    if (job.result().has_train()) return TrainTable(job, style);
    if (job.result().has_inspect()) return InspectionText(job.result().inspect(), style);
    if (job.result().has_import_dataset()) return TensorsText(job.result().import_dataset().tensors(), style);
    if (job.result().has_graph()) return GraphText(job.result().graph().graph(), style);
    return JobText(job, style);
  });
}

ExitCode FinishOrDetach(Session& session, const v1::Job& job, bool wait, const Deadline& deadline, Shown shown) {
  const std::string id = IdOf(job.name());
  if (!wait) {
    session.Print(job, id, [&](const TextStyle&) { return id + '\n'; });
    session.Note(fmt::format("the job is queued; {}", HowToGoOn(session, job)));
    return ExitCode::kOk;
  }
  if (session.quiet()) session.PrintData(id + '\n');
  const WatchOutcome outcome = AwaitJob(session, job.name(), deadline, Announce::kYes, shown);
  const bool ended = outcome.end == WatchEnd::kJobEnded;
  const bool has_table = outcome.job.has_result();
  if (!session.quiet() && ended && (session.json() || has_table)) PrintResult(session, outcome.job);
  return Report(session, outcome);
}

}  // namespace modlab::client
