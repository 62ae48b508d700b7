#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/experiment_flow.h"
#include "client/commands/figure_file.h"
#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/figures/score_figures.h"
#include "client/figures/training_figure.h"
#include "client/names.h"
#include "client/output/job_text.h"

namespace modlab::client {
namespace {

struct PlotCommand {
  std::string subject;
  std::optional<FigureKind> kind;
  std::string partition;
  std::string file;
};

v1::Job GetEndedJob(Session& session, const std::string& name) {
  v1::GetJobRequest request;
  request.set_name(name);
  v1::Job job = session.Connect().CallWithRetries(&v1::JobService::Stub::GetJob, request);
  if (job.state() == v1::Job::SUCCEEDED && (job.result().has_score() || job.result().has_train())) return job;
  throw Failure(ExitCode::kRefused,
                job.state() != v1::Job::SUCCEEDED
                    ? fmt::format("{} is {}; only what has succeeded can be drawn", name, StateText(job.state()))
                    : fmt::format("{} is neither a score nor a training, and has nothing to draw", name));
}

std::string DrawExperiment(Session& session, const PlotCommand& command, const std::string& experiment) {
  if (command.kind.value_or(FigureKind::kComparison) != FigureKind::kComparison) {
    throw UsageError("an experiment as a whole has the picture `comparison`; name one of its jobs for others");
  }
  v1::CompareScoresRequest request;
  request.set_experiment(experiment);
  const auto comparison = session.Connect().CallWithRetries(&v1::JobService::Stub::CompareScores, request);
  return DrawComparison(comparison, MeasuresToDraw(comparison), "Modularity and performance", "plot");
}

std::string DrawJob(Session& session, const PlotCommand& command, const v1::Job& job) {
  if (job.result().has_train()) {
    if (command.kind.value_or(FigureKind::kTraining) != FigureKind::kTraining) {
      throw UsageError("a training has the picture `training`; score its model for others");
    }
    return DrawTraining(job, job.spec().train().display_name(), "plot");
  }
  ScoreFigures figures(session, job, ModelTitle(session, job.spec().score().model()));
  return figures.Draw(command.kind.value_or(FigureKind::kNetwork),
                      FindPartition(job.result().score(), command.partition), "plot");
}

ExitCode Plot(Session& session, const PlotCommand& command) {
  const Subject subject = FindSubject(session, command.subject);
  WriteFigure(subject.experiment.empty() ? DrawJob(session, command, GetEndedJob(session, subject.job))
                                         : DrawExperiment(session, command, subject.experiment),
              command.file);
  if (command.file != "-") session.Note("wrote " + command.file);
  return ExitCode::kOk;
}

void DefinePlot(CLI::App& app, PlotCommand& command) {
  Takes(ValueKind::kJobOrExperiment,
        app.add_option("JOB", command.subject, "A score, a training, or an experiment: `jobs/abc`, `abc`, or a name")
            ->required());
  std::vector<std::pair<std::string, FigureKind>> kinds;
  for (const FigureKind kind : AllFigureKinds()) kinds.emplace_back(NameOf(kind), kind);
  AddChoice<FigureKind>(
      app, "--kind", kinds, [&command](FigureKind kind) { command.kind = kind; },
      "Of a score: network (default; layer by layer), force (the network as a cloud), matrix (ordered by cluster), "
      "eigenvalues, nulls, ncut-nulls, clusters (Q by k) or resolutions (Q by resolution). Of a training: training. Of "
      "an "
      "experiment: comparison")
      ->option_text("KIND");
  app.add_option("--partition", command.partition,
                 "Which of the score's: a number from 0, spectral, leiden or planted (default leiden, else the first)")
      ->option_text("N|METHOD");
  Takes(ValueKind::kFile, app.add_option("-o,--to", command.file,
                                         "Where to: SVG, or PNG where the name ends in .png; - is standard output"))
      ->required()
      ->option_text("FILE");
}

}  // namespace

void AddPlotCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<PlotCommand>(app, chosen, "plot",
                                              "Draw a network, its clusters, null models, a training, "
                                              "or a comparison",
                                              DefinePlot, Plot);
  AddExamples(*command,
              {"modlab plot abc -o network.svg", "modlab plot abc --kind force --partition planted -o network.png",
               "modlab plot abc --kind nulls -o - | display", "modlab plot training-id -o training.svg",
               "modlab plot baseline-small -o comparison.svg"});
}

}  // namespace modlab::client
