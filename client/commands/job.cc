#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/commands/paging.h"
#include "client/names.h"
#include "client/output/job_list.h"
#include "client/output/job_text.h"
#include "client/units.h"

namespace modlab::client {
namespace {

struct NamedJob {
  std::string id;
};

v1::Job GetJob(Session& session, const std::string& id) {
  v1::GetJobRequest request;
  request.set_name(JobName(id));
  return session.Connect().CallWithRetries(&v1::JobService::Stub::GetJob, request);
}

void PrintJob(Session& session, const v1::Job& job) {
  session.Print(job, IdOf(job.name()), [&](const TextStyle& style) { return JobText(job, style); });
}

struct ListJobsCommand {
  std::vector<v1::Job::State> states;
  std::vector<v1::Job::Kind> kinds;
  std::vector<std::string> labels;
  int limit = 50;
};

ExitCode ListJobs(Session& session, const ListJobsCommand& command) {
  v1::ListJobsRequest request;
  for (const v1::Job::State state : command.states) request.add_states(state);
  for (const v1::Job::Kind kind : command.kinds) request.add_kinds(kind);
  for (const auto& [key, value] : ParseLabels(command.labels)) (*request.mutable_labels())[key] = value;
  const v1::ListJobsResponse jobs = ListUpTo(session.Connect(), &v1::JobService::Stub::ListJobs, request, command.limit,
                                             [](const v1::ListJobsResponse& response) { return response.jobs_size(); });
  session.PrintList(jobs, jobs.jobs(), [&](const TextStyle& style) { return JobListText(jobs.jobs(), style); });
  if (!jobs.next_page_token().empty()) session.Note("there are more; --limit 0 lists all");
  return ExitCode::kOk;
}

void AddListJobs(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, ListJobsCommand& command) {
    AddChoice<v1::Job::State>(
        app, "--state",
        {{"queued", v1::Job::QUEUED},
         {"running", v1::Job::RUNNING},
         {"succeeded", v1::Job::SUCCEEDED},
         {"failed", v1::Job::FAILED},
         {"cancelling", v1::Job::CANCELLING},
         {"cancelled", v1::Job::CANCELLED},
         {"waiting", v1::Job::WAITING}},
        [&command](v1::Job::State state) { command.states.push_back(state); },
        "Only jobs that are queued, running, succeeded, failed, cancelling, cancelled or waiting; may be repeated")
        ->option_text("STATE");
    AddChoice<v1::Job::Kind>(
        app, "--kind",
        {{"inspect", v1::Job::INSPECT},
         {"score", v1::Job::SCORE},
         {"graph", v1::Job::GRAPH},
         {"import", v1::Job::IMPORT},
         {"build", v1::Job::BUILD},
         {"train", v1::Job::TRAIN},
         {"compose", v1::Job::COMPOSE}},
        [&command](v1::Job::Kind kind) { command.kinds.push_back(kind); },
        "Only jobs of this kind, inspect, score, graph, import, build, train or compose; may be repeated")
        ->option_text("KIND");
    AddLabels(app, command.labels, "Only jobs with this label; may be repeated");
    AddLimit(app, command.limit);
  };
  CLI::App* app = AddCommand<ListJobsCommand>(family, chosen, "list", "List jobs, newest first", define, ListJobs);
  AddExamples(*app, {"modlab job list", "modlab job list --state running --kind score", "modlab job list -o wide",
                     "modlab job list --label run=7 --limit 0 -o jsonl | jq -r .state"});
}

ExitCode ShowJob(Session& session, const NamedJob& command) {
  PrintJob(session, GetJob(session, command.id));
  return ExitCode::kOk;
}

void AddShowJob(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedJob& command) { AddJobId(app, command.id); };
  CLI::App* app =
      AddCommand<NamedJob>(family, chosen, "show", "Show a job's state, attempts and error", define, ShowJob);
  AddExamples(*app, {"modlab job show abc", "modlab job show abc -o json"});
}

struct WatchJobCommand {
  std::string id;
  int after_sequence = 0;
  std::optional<google::protobuf::Duration> timeout;
};

ExitCode WatchJob(Session& session, const WatchJobCommand& command) {
  const std::string job = JobName(command.id);
  const Deadline deadline = DeadlineAfter(command.timeout);
  if (!session.quiet()) return Report(session, StreamJob(session, job, command.after_sequence, deadline));
  const WatchOutcome outcome = AwaitJob(session, job, deadline, Announce::kNo);
  if (outcome.end == WatchEnd::kJobEnded) PrintJob(session, outcome.job);
  return Report(session, outcome);
}

void AddWatchJob(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, WatchJobCommand& command) {
    AddJobId(app, command.id);
    AddAfter(app, command.after_sequence);
    AddDuration(app, "--timeout", command.timeout, "Stop after this long (exit code 7); the job goes on");
  };
  CLI::App* app = AddCommand<WatchJobCommand>(family, chosen, "watch",
                                              "Print a job's events, old and new, until it ends", define, WatchJob);
  AddExamples(*app, {"modlab job watch abc", "modlab job watch abc --after 120 -o json"});
}

struct WaitCommand {
  std::string id;
  std::optional<google::protobuf::Duration> timeout;
};

ExitCode Wait(Session& session, const WaitCommand& command) {
  const WatchOutcome outcome = AwaitJob(session, JobName(command.id), DeadlineAfter(command.timeout), Announce::kYes);
  if (outcome.end == WatchEnd::kJobEnded) PrintResult(session, outcome.job);
  return Report(session, outcome);
}

void AddWait(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, WaitCommand& command) {
    AddJobId(app, command.id);
    AddDuration(app, "--timeout", command.timeout, "Stop waiting after this long (exit code 7); the job goes on");
  };
  CLI::App* app = AddCommand<WaitCommand>(family, chosen, "wait", "Wait for a job and print its result", define, Wait);
  AddExamples(*app, {"modlab job wait abc", "modlab job wait abc --timeout 10m -o json"});
}

ExitCode Result(Session& session, const NamedJob& command) {
  const v1::Job job = GetJob(session, command.id);
  const std::string id = IdOf(job.name());
  if (!HasEnded(job.state())) {
    throw Failure(ExitCode::kRefused, fmt::format("job {} is {} and has no result yet; `{}` waits for it", id,
                                                  StateText(job.state()), session.CommandLine("job wait " + id)));
  }
  if (job.has_result() || session.json()) PrintResult(session, job);
  return Report(session, {WatchEnd::kJobEnded, job});
}

void AddResult(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedJob& command) { AddJobId(app, command.id); };
  CLI::App* app = AddCommand<NamedJob>(family, chosen, "result", "Print what a finished job found", define, Result);
  AddExamples(*app, {"modlab job result abc",
                     "modlab job result abc -o json | jq '.result.score.partitions[0].modularity.newman'"});
}

struct CancelJobCommand {
  std::string id;
  bool force = false;
};

ExitCode CancelJob(Session& session, const CancelJobCommand& command) {
  v1::CancelJobRequest request;
  request.set_name(JobName(command.id));
  request.set_force(command.force);
  std::optional<v1::Job> job =
      session.Connect().CallUnlessDone(&v1::JobService::Stub::CancelJob, request, v1::JOB_ENDED);
  if (!job) job = GetJob(session, command.id);
  if (HasEnded(job->state()) && job->state() != v1::Job::CANCELLED) {
    throw Failure(ExitCode::kRefused,
                  fmt::format("job {} has {} before it was cancelled", IdOf(job->name()), StateText(job->state())));
  }
  PrintJob(session, *job);
  return ExitCode::kOk;
}

void AddCancelJob(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, CancelJobCommand& command) {
    AddJobId(app, command.id);
    app.add_flag("--force", command.force, "End its process at once, without giving it time to stop");
  };
  CLI::App* app = AddCommand<CancelJobCommand>(family, chosen, "cancel", "Ask a job to end", define, CancelJob);
  AddExamples(*app, {"modlab job cancel abc", "modlab job cancel abc --force"});
}

struct NamedJobs {
  std::vector<std::string> ids;
};

ExitCode DeleteJob(Session& session, const NamedJobs& command) {
  for (const std::string& id : command.ids) {
    v1::DeleteJobRequest request;
    request.set_name(JobName(id));
    const bool deleted =
        session.Connect().CallUnlessDone(&v1::JobService::Stub::DeleteJob, request, v1::RESOURCE_NOT_FOUND).has_value();
    session.Note(deleted ? "deleted " + request.name() : request.name() + " is not there any more");
  }
  return ExitCode::kOk;
}

void AddDeleteJob(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedJobs& command) {
    Takes(ValueKind::kJob,
          app.add_option("JOB_ID", command.ids, "`jobs/abc`, or `abc`; several may be given")->required());
  };
  CLI::App* app = AddCommand<NamedJobs>(family, chosen, "delete",
                                        "Delete finished jobs with their results and artifacts", define, DeleteJob);
  AddExamples(*app, {"modlab job delete abc"});
}

}  // namespace

void AddJobCommands(CLI::App& app, Action& chosen) {
  CLI::App* family =
      app.add_subcommand("job", "Submit, list, watch, cancel, share and delete jobs, and get their results");
  family->require_subcommand(1);
  AddSubmitCommand(*family, chosen);
  AddListJobs(*family, chosen);
  AddShowJob(*family, chosen);
  AddWatchJob(*family, chosen);
  AddLogsCommand(*family, chosen);
  AddWait(*family, chosen);
  AddResult(*family, chosen);
  AddCancelJob(*family, chosen);
  AddShareCommand(*family, chosen, "job", ValueKind::kJob,
                  [](Session& session, const std::string& id, const ShareOptions& options) {
                    PrintJob(session, session.Connect().CallWithRetries(&v1::JobService::Stub::ShareJob,
                                                                        options.RequestFor(JobName(id))));
                  });
  AddDeleteJob(*family, chosen);
  AddArtifactCommands(*family, chosen);
}

}  // namespace modlab::client
