#include "client/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "client/commands/job_flow.h"
#include "client/figures/score_figures.h"
#include "client/figures/training_figure.h"
#include "client/names.h"
#include "client/output/job_text.h"
#include "client/output/json.h"
#include "client/output/partition_text.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"
#include "client/report/html.h"
#include "client/report/sections.h"

namespace modlab::client {
namespace {

v1::Job ReadJob(Session& session, const std::string& name) {
  v1::GetJobRequest request;
  request.set_name(name);
  return session.Connect().CallWithRetries(&v1::JobService::Stub::GetJob, request);
}

/// The job that has trained the model, if there is one that can still be seen.
std::optional<v1::Job> TrainingOf(Session& session, const std::string& model) {
  v1::GetModelRequest request;
  request.set_name(model);
  try {
    const v1::Model found = session.Connect().CallWithRetries(&v1::ModelService::Stub::GetModel, request);
    if (found.source_job().empty()) return std::nullopt;
    v1::Job job = ReadJob(session, found.source_job());
    if (job.result().has_train()) return job;
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kNotFound && failure.code() != ExitCode::kRefused) throw;
  }
  return std::nullopt;
}

/// So that a page with many pictures opens at once.
constexpr std::size_t kMostEdges = 1200;

/// Groups of an experiment of which there are pictures: a dozen, each of about a megabyte.
constexpr int kMostGroupsWithPictures = 12;

/// Adds what `draw` draws, or, where that cannot be drawn or is gone, why not.
template <typename Draw>
void AddFigure(HtmlPage& page, FigureKind kind, const Draw& draw) {
  try {
    page.Figure(draw());
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kRefused && failure.code() != ExitCode::kNotFound) throw;
    page.Paragraph(fmt::format("The picture `{}` is left out: {}.", NameOf(kind), failure.what()));
  }
}

void AddTrainingFigure(HtmlPage& page, const v1::Job& training, const std::string& title,
                       const std::string& id_prefix) {
  AddFigure(page, FigureKind::kTraining, [&] { return DrawTraining(training, title, id_prefix); });
}

/// Draws what can be drawn of a partition, but kinds that were drawn already. Ids begin with `prefix`.
void AddFigures(ScoreFigures& figures, int partition, const std::set<FigureKind>& done, const std::string& prefix,
                HtmlPage& page) {
  for (const FigureKind kind : figures.KindsOf(partition)) {
    if (done.count(kind) > 0) continue;
    AddFigure(page, kind,
              [&] { return figures.Draw(kind, partition, fmt::format("{}-{}-{}", prefix, partition, NameOf(kind))); });
  }
}

void AddScoreFacts(const v1::Job& job, const std::string& title, HtmlPage& page) {
  const v1::UnitGraph& graph = job.result().score().graph();
  std::string layers;
  for (const v1::Group& group : graph.groups()) {
    layers += fmt::format("{}{} ({})", layers.empty() ? "" : ", ", group.name(), group.units());
  }
  page.Facts({{"network", title},
              {"model", job.spec().score().model()},
              {"units", std::to_string(graph.units())},
              {"edges", fmt::format("{:.0f}", graph.edges())},
              {"layers", Shortened(layers, 600)},
              {"ended", TimeText(job.end_time())}});
}

std::string CommandToSubmit(const Session& session) { return session.CommandLine("job submit spec.json --wait"); }

std::string ScoreReport(Session& session, const v1::Job& job, const ReportProgress& progress) {
  const std::string title = Printable(ModelTitle(session, job.spec().score().model()));
  HtmlPage page("How modular is " + title + "?");
  page.Heading(1, "How modular is " + title + "?");
  page.Html("<div class=\"answer\">\n");
  page.Paragraph(job.result().score().reading());
  page.Html("</div>\n");
  AddScoreFacts(job, title, page);
  page.Heading(2, "Numbers");
  AddPartitionsTables(job.result().score(), page);
  ScoreFigures figures(session, job, title, kMostEdges);
  const int partitions = job.result().score().partitions_size();
  for (int i = 0; i < partitions; ++i) {
    page.Heading(2, PartitionTitle(job.result().score().partitions(i)));
    AddFigures(figures, i, {}, "p", page);
    progress(static_cast<double>(i + 1) / (partitions + 1));
  }
  if (const auto training = TrainingOf(session, job.spec().score().model())) {
    page.Heading(2, "How it was trained");
    AddTrainingFigure(page, *training, training->spec().train().display_name(), "training");
    AddTrainingTables(*training, page);
  }
  page.Heading(2, "How it was computed");
  AddProvenance(job, CommandToSubmit(session), page);
  return page.Finish();
}

std::string TrainReport(Session& session, const v1::Job& job) {
  const std::string title = Printable(job.spec().train().display_name());
  const v1::TrainResult& train = job.result().train();
  HtmlPage page(title);
  page.Heading(1, title);
  page.Facts({{"made", train.model()},
              {"from", job.spec().train().model()},
              {"data set", job.spec().train().data()},
              {"epochs", std::to_string(train.epochs())},
              {"steps", std::to_string(train.steps())},
              {"ended by", train.stopped_by()},
              {"samples per second", fmt::format("{:.0f}", train.samples_per_second())}});
  for (const std::string& warning : train.warnings()) page.Paragraph(warning);
  page.Heading(2, "Epoch by epoch");
  AddTrainingFigure(page, job, title, "training");
  AddTrainingTables(job, page);
  page.Heading(2, "How it was computed");
  AddProvenance(job, CommandToSubmit(session), page);
  return page.Finish();
}

/// Which of the row's partitions the answer is by; where it has no such one, Leiden's or the first.
int MainPartition(const v1::CompareScoresResponse& comparison, const v1::ScoreRow& row, const v1::ScoreResult& score) {
  const std::optional<ScoredMethod> method = MainMethod(comparison);
  const v1::ScoredPartition* partition = method ? PartitionOf(row, *method) : nullptr;
  const bool is_there = partition != nullptr && partition->index() < score.partitions_size();
  return is_there ? partition->index() : FindPartition(score, "");
}

/// The pictures of one run that stands for its group.
void AddGroup(Session& session, const v1::CompareScoresResponse& comparison, int number, HtmlPage& page) {
  const v1::ScoreGroup& group = comparison.groups(number);
  const v1::ScoreRow& row = comparison.rows(group.rows(0));
  const v1::Job job = ReadJob(session, row.job());
  const std::string title = GroupTitles(comparison)[static_cast<std::size_t>(number)];
  page.Heading(2, title);
  if (group.rows_size() > 1) {
    page.Paragraph(fmt::format("The pictures are of the first of {} runs, {}.", group.rows_size(), IdOf(row.job())));
  }
  if (job.result().has_score()) page.Paragraph(job.result().score().reading());
  ScoreFigures figures(session, job, title, kMostEdges);
  const v1::ScoreResult& score = figures.score();
  const int main = MainPartition(comparison, row, score);
  const std::string prefix = fmt::format("g{}", number);
  AddFigures(figures, main, {}, prefix, page);
  bool eigenvalues_drawn = !score.partitions(main).eigenvalues().empty();
  for (int i = 0; i < score.partitions_size(); ++i) {
    if (i == main) continue;
    const v1::Partition& partition = score.partitions(i);
    page.BeginDetails(PartitionTitle(partition));
    std::set<FigureKind> done = {FigureKind::kNetwork, FigureKind::kForce, FigureKind::kNcutNulls};
    if (eigenvalues_drawn) done.insert(FigureKind::kEigenvalues);
    AddFigures(figures, i, done, prefix, page);
    eigenvalues_drawn = eigenvalues_drawn || !partition.eigenvalues().empty();
    page.EndDetails();
  }
  if (const auto training = TrainingOf(session, row.model())) {
    AddTrainingFigure(page, *training, "Training: " + training->spec().train().display_name(), prefix + "-training");
  }
}

}  // namespace

std::string JobReport(Session& session, const std::string& name, const ReportProgress& progress) {
  const v1::Job job = ReadJob(session, name);
  if (job.state() != v1::Job::SUCCEEDED || !(job.result().has_score() || job.result().has_train())) {
    throw Failure(ExitCode::kRefused,
                  fmt::format("{} is a {} job that is {}; a report is of a score or a training that has "
                              "succeeded",
                              name, Lower(v1::Job::Kind_Name(job.kind())), StateText(job.state())));
  }
  return job.result().has_score() ? ScoreReport(session, job, progress) : TrainReport(session, job);
}

std::string ExperimentReport(Session& session, const std::string& name, const ReportProgress& progress) {
  v1::GetExperimentRequest get;
  get.set_name(name);
  const v1::Experiment experiment = session.Connect().CallWithRetries(&v1::ExperimentService::Stub::GetExperiment, get);
  v1::CompareScoresRequest compare;
  compare.set_experiment(name);
  const v1::CompareScoresResponse comparison =
      session.Connect().CallWithRetries(&v1::JobService::Stub::CompareScores, compare);

  HtmlPage page(experiment.display_name());
  page.Heading(1, experiment.display_name());
  page.Paragraph(experiment.spec().description());
  page.Html("<div class=\"answer\">\n");
  for (const std::string& answer : AnswersOf(comparison)) page.Paragraph(answer);
  page.Html("</div>\n");
  page.Heading(2, "Side by side");
  AddFigure(page, FigureKind::kComparison, [&] {
    return DrawComparison(comparison, MeasuresToDraw(comparison), "Modularity and performance, run by run", "all");
  });
  AddComparisonTables(comparison, page);
  const int pictured = std::min(comparison.groups_size(), kMostGroupsWithPictures);
  if (pictured < comparison.groups_size()) {
    page.Paragraph(fmt::format("There are pictures of the first {} of {} groups; `{}` draws others.", pictured,
                               comparison.groups_size(), session.CommandLine("plot JOB -o network.svg")));
  }
  for (int i = 0; i < pictured; ++i) {
    AddGroup(session, comparison, i, page);
    progress(static_cast<double>(i + 1) / pictured);
  }
  page.Heading(2, "How it was done");
  page.Facts({{"experiment", experiment.name()},
              {"owner", experiment.owner()},
              {"created", TimeText(experiment.create_time())},
              {"ended", TimeText(experiment.end_time())}});
  AddStepsTable(experiment, page);
  page.Heading(3, "One of the scores");
  AddProvenance(ReadJob(session, comparison.rows(0).job()), CommandToSubmit(session), page);
  page.BeginDetails("The whole experiment, to be edited and run again");
  page.Code(SparseJson(experiment.spec()));
  page.Code(session.CommandLine("experiment run spec.json --name again"));
  page.EndDetails();
  return page.Finish();
}

}  // namespace modlab::client
