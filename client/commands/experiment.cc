#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <iterator>

#include "client/commands/commands.h"
#include "client/commands/experiment_data.h"
#include "client/commands/experiment_flow.h"
#include "client/commands/options.h"
#include "client/commands/paging.h"
#include "client/experiments/baseline.h"
#include "client/local_file.h"
#include "client/names.h"
#include "client/output/experiment_text.h"
#include "client/output/json.h"
#include "client/output/scores_table.h"

namespace modlab::client {
namespace {

constexpr const char* kBaseline = "baseline";
constexpr int kMostSeeds = 100;

enum class Size { kSmall, kSeed };

struct RunCommand {
  std::string what;
  std::string name;
  Size size = Size::kSmall;
  std::string mnist;
  int seeds = 3;
  double epochs_factor = 1;
  ShareOptions sharing;
  WaitOptions waiting{.wait = true, .timeout = {}};
  bool print_spec = false;
};

void PrintExperiment(Session& session, const v1::Experiment& experiment) {
  session.Print(experiment, IdOf(experiment.name()),
                [&](const TextStyle& style) { return ExperimentText(experiment, style); });
}

v1::ExperimentSpec Baseline(Session& session, const RunCommand& command, const Deadline& deadline) {
  const bool seed_size = command.size == Size::kSeed;
  if (seed_size && command.mnist.empty())
    throw UsageError("--size seed works on MNIST: give its folder with --mnist DIR");
  if (!seed_size && !command.mnist.empty())
    throw UsageError("--mnist is for --size seed; the small size has digits of its own");
  if (command.seeds < 1 || command.seeds > kMostSeeds) {
    throw UsageError(fmt::format("{} is no number of seeds; give 1 to {}", command.seeds, kMostSeeds));
  }
  if (!(command.epochs_factor > 0 && command.epochs_factor <= 1000)) {
    throw UsageError(fmt::format("{} is no factor of epochs; give a number over 0", command.epochs_factor));
  }
  const BaselineSize size = ScaledEpochs(seed_size ? SeedBaseline() : SmallBaseline(), command.epochs_factor);
  return BaselineExperiment(size, PrepareBaselineData(session, command.mnist, deadline), command.seeds);
}

v1::ExperimentSpec ReadSpec(const std::string& source) {
  if (source == "-") return ParseExperimentSpec({std::istreambuf_iterator<char>(std::cin), {}}, "standard input");
  const LocalFile file(source);
  return ParseExperimentSpec(file.Read(0, file.size()), source);
}

std::string DefaultName(const RunCommand& command) {
  if (command.what == kBaseline) return command.size == Size::kSeed ? "baseline-seed" : "baseline-small";
  return command.what == "-" ? "" : std::filesystem::path(command.what).stem().string();
}

v1::CompareScoresResponse CompareScores(Session& session, const std::string& experiment) {
  v1::CompareScoresRequest request;
  request.set_experiment(experiment);
  return session.Connect().CallWithRetries(&v1::JobService::Stub::CompareScores, request);
}

bool HasScores(const v1::Experiment& experiment) {
  for (const v1::ExperimentJob& job : experiment.jobs()) {
    if (job.kind() == v1::Job::SCORE && job.state() == v1::Job::SUCCEEDED) return true;
  }
  return false;
}

/// Waits, where that is wanted, and prints what came out.
ExitCode FinishExperiment(Session& session, v1::Experiment experiment, bool wait, const Deadline& deadline) {
  const std::string id = IdOf(experiment.name());
  if (!wait) {
    session.Print(experiment, id, [&](const TextStyle&) { return id + '\n'; });
    session.Note(fmt::format("the experiment goes on by itself; `{}` shows how far it is",
                             session.CommandLine("experiment watch " + id)));
    return ExitCode::kOk;
  }
  session.Note(fmt::format("experiment {} ({}): {} jobs; Ctrl-C ends the waiting, not the experiment", id,
                           experiment.display_name(), experiment.jobs_size()));
  const ExitCode code = AwaitExperiment(session, experiment, deadline);
  if (code != ExitCode::kOk) return code;
  session.Print(experiment, id, [&](const TextStyle& style) {
    if (!HasScores(experiment)) return ExperimentText(experiment, style);
    return ScoresTable(CompareScores(session, experiment.name()), style);
  });
  session.Note(
      fmt::format("`{}` writes it up, with pictures", session.CommandLine("report " + id + " -o report.html")));
  return ExitCode::kOk;
}

ExitCode Run(Session& session, const RunCommand& command) {
  const Deadline deadline = DeadlineAfter(command.waiting.timeout);
  const bool has_options =
      command.size != Size::kSmall || !command.mnist.empty() || command.seeds != 3 || command.epochs_factor != 1;
  if (command.what != kBaseline && has_options) {
    throw UsageError(
        "--size, --mnist, --seeds and --epochs-factor are the baseline's; a spec of your own says all that itself");
  }
  v1::CreateExperimentRequest request;
  v1::Experiment& experiment = *request.mutable_experiment();
  *experiment.mutable_spec() =
      command.what == kBaseline ? Baseline(session, command, deadline) : ReadSpec(command.what);
  if (command.print_spec) {
    session.PrintData(SparseJson(experiment.spec()));
    return ExitCode::kOk;
  }
  experiment.set_display_name(command.name.empty() ? DefaultName(command) : command.name);
  if (experiment.display_name().empty()) throw UsageError("an experiment needs a name; give --name TEXT");
  const v1::ShareRequest share = command.sharing.RequestFor("");
  experiment.set_sharing(share.sharing());
  *experiment.mutable_shared_with() = share.shared_with();
  request.set_request_id(NewRequestId());
  return FinishExperiment(session,
                          session.Connect().CallWithRetries(&v1::ExperimentService::Stub::CreateExperiment, request),
                          command.waiting.wait, deadline);
}

void AddRun(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, RunCommand& command) {
    Takes(ValueKind::kFile,
          app.add_option("WHAT", command.what,
                         "`baseline`: the study of an engineered modular network and its rivals. Or a file with an "
                         "experiment of your own in JSON (modlab.v1.ExperimentSpec), - for standard input"))
        ->required();
    app.add_option(
           "--name", command.name,
           "What to call it (default baseline-small, or the file's name). One of the same name and spec is taken "
           "up where it is")
        ->option_text("TEXT");
    AddChoice<Size>(
        app, "--size", {{"small", Size::kSmall}, {"seed", Size::kSeed}}, [&command](Size size) { command.size = size; },
        "Of the baseline: small (default; 8 x 8 digits that ship with modlab, minutes) or seed (MNIST, hours)")
        ->option_text("NAME");
    Takes(ValueKind::kFile, app.add_option("--mnist", command.mnist, "The folder with MNIST's four files"))
        ->option_text("DIR");
    app.add_option("--seeds", command.seeds, "Of the baseline: how many repetitions (default 3)")->option_text("R");
    app.add_option(
           "--epochs-factor", command.epochs_factor,
           "Of the baseline: train all but the parts so many times as long, and the whole-task networks for two "
           "switches of goals at least (default 1; 0.01 for a quick look)")
        ->option_text("X");
    AddSharing(app, command.sharing);
    AddWaiting(app, command.waiting);
    app.add_flag("--print-spec", command.print_spec,
                 "Print the experiment's spec, to be edited and run, and stop; data is pushed even so");
  };
  CLI::App* app = AddCommand<RunCommand>(family, chosen, "run",
                                         "Run a set of jobs, of which some work on what others make", define, Run);
  AddExamples(*app, {"modlab experiment run baseline", "modlab experiment run baseline --size seed --mnist ~/mnist",
                     "modlab experiment run baseline --print-spec > mine.json",
                     "modlab experiment run mine.json --name wider --detach"});
}

struct NamedExperiment {
  std::string subject;
  bool force = false;
  bool spec = false;
  WaitOptions waiting{.wait = true, .timeout = {}};
};

void AddSubject(CLI::App& app, NamedExperiment& command) {
  Takes(ValueKind::kExperiment, app.add_option("EXPERIMENT", command.subject, "Its id, or its name")->required());
}

ExitCode ShowExperiment(Session& session, const NamedExperiment& command) {
  const v1::Experiment experiment = FindExperiment(session, command.subject);
  if (command.spec) {
    session.PrintData(SparseJson(experiment.spec()));
  } else {
    PrintExperiment(session, experiment);
  }
  return ExitCode::kOk;
}

void AddShowExperiment(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedExperiment& command) {
    AddSubject(app, command);
    app.add_flag("--spec", command.spec, "Only its spec, in JSON, to be edited and run");
  };
  CLI::App* app = AddCommand<NamedExperiment>(family, chosen, "show", "Show an experiment, and how far its jobs are",
                                              define, ShowExperiment);
  AddExamples(*app, {"modlab experiment show baseline-small", "modlab experiment show abc -o wide",
                     "modlab experiment show abc --spec > mine.json"});
}

ExitCode WatchExperiment(Session& session, const NamedExperiment& command) {
  return FinishExperiment(session, FindExperiment(session, command.subject), true,
                          DeadlineAfter(command.waiting.timeout));
}

void AddWatchExperiment(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedExperiment& command) {
    AddSubject(app, command);
    AddDuration(app, "--wait-timeout", command.waiting.timeout, "How long to wait at most");
  };
  CLI::App* app = AddCommand<NamedExperiment>(
      family, chosen, "watch", "Wait for an experiment's jobs, and compare what came out", define, WatchExperiment);
  AddExamples(*app, {"modlab experiment watch baseline-small"});
}

ExitCode Resume(Session& session, const NamedExperiment& command) {
  v1::ResumeExperimentRequest request;
  request.set_name(FindExperiment(session, command.subject).name());
  return FinishExperiment(session,
                          session.Connect().CallWithRetries(&v1::ExperimentService::Stub::ResumeExperiment, request),
                          command.waiting.wait, DeadlineAfter(command.waiting.timeout));
}

void AddResume(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedExperiment& command) {
    AddSubject(app, command);
    AddWaiting(app, command.waiting);
  };
  CLI::App* app = AddCommand<NamedExperiment>(family, chosen, "resume",
                                              "Start again what failed, was cancelled or is gone; what is done stays",
                                              define, Resume);
  AddExamples(*app, {"modlab experiment resume baseline-small"});
}

ExitCode CancelExperiment(Session& session, const NamedExperiment& command) {
  v1::CancelExperimentRequest request;
  request.set_name(FindExperiment(session, command.subject).name());
  request.set_force(command.force);
  const auto cancelled =
      session.Connect().CallUnlessDone(&v1::ExperimentService::Stub::CancelExperiment, request, v1::JOB_ENDED);
  if (cancelled) PrintExperiment(session, *cancelled);
  return ExitCode::kOk;
}

void AddCancelExperiment(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedExperiment& command) {
    AddSubject(app, command);
    app.add_flag("--force", command.force, "End processes at once");
  };
  CLI::App* app = AddCommand<NamedExperiment>(family, chosen, "cancel", "Ask all of an experiment's jobs to end",
                                              define, CancelExperiment);
  AddExamples(*app, {"modlab experiment cancel baseline-small"});
}

ExitCode DeleteExperiment(Session& session, const NamedExperiment& command) {
  v1::DeleteExperimentRequest request;
  request.set_name(FindExperiment(session, command.subject).name());
  session.Connect().CallUnlessDone(&v1::ExperimentService::Stub::DeleteExperiment, request, v1::RESOURCE_NOT_FOUND);
  session.Note("deleted " + request.name());
  return ExitCode::kOk;
}

void AddDeleteExperiment(CLI::App& family, Action& chosen) {
  CLI::App* app = AddCommand<NamedExperiment>(family, chosen, "delete",
                                              "Delete an experiment and its jobs; models that it made stay", AddSubject,
                                              DeleteExperiment);
  AddExamples(*app, {"modlab experiment delete baseline-small"});
}

struct ListExperimentsCommand {
  int limit = 50;
};

ExitCode ListExperiments(Session& session, const ListExperimentsCommand& command) {
  const v1::ListExperimentsResponse list =
      ListUpTo(session.Connect(), &v1::ExperimentService::Stub::ListExperiments, v1::ListExperimentsRequest(),
               command.limit, [](const v1::ListExperimentsResponse& page) { return page.experiments_size(); });
  session.PrintList(list, list.experiments(),
                    [&](const TextStyle& style) { return ExperimentListText(list.experiments(), style); });
  if (!list.next_page_token().empty()) session.Note("there are more; --limit 0 lists all");
  return ExitCode::kOk;
}

void AddListExperiments(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, ListExperimentsCommand& command) { AddLimit(app, command.limit); };
  CLI::App* app = AddCommand<ListExperimentsCommand>(family, chosen, "list", "List experiments, newest first", define,
                                                     ListExperiments);
  AddExamples(*app, {"modlab experiment list"});
}

}  // namespace

void AddExperimentCommands(CLI::App& app, Action& chosen) {
  CLI::App* family =
      app.add_subcommand("experiment", "Run, list, show, watch, resume, cancel, share and delete sets of jobs");
  family->require_subcommand(1);
  AddRun(*family, chosen);
  AddListExperiments(*family, chosen);
  AddShowExperiment(*family, chosen);
  AddWatchExperiment(*family, chosen);
  AddResume(*family, chosen);
  AddCancelExperiment(*family, chosen);
  AddShareCommand(*family, chosen, "experiment", ValueKind::kExperiment,
                  [](Session& session, const std::string& subject, const ShareOptions& options) {
                    const std::string name = FindExperiment(session, subject).name();
                    PrintExperiment(session,
                                    session.Connect().CallWithRetries(&v1::ExperimentService::Stub::ShareExperiment,
                                                                      options.RequestFor(name)));
                  });
  AddDeleteExperiment(*family, chosen);
}

}  // namespace modlab::client
