#include <fmt/format.h>

#include <set>

#include "client/commands/commands.h"
#include "client/commands/experiment_flow.h"
#include "client/commands/options.h"
#include "client/output/scores_table.h"

namespace modlab::client {
namespace {

struct CompareCommand {
  std::vector<std::string> subjects;
  std::vector<std::string> group_by;
  std::optional<double> confidence;
  std::optional<std::uint32_t> seed;
  bool csv = false;
};

ExitCode Compare(Session& session, const CompareCommand& command) {
  v1::CompareScoresRequest request;
  for (const std::string& text : command.subjects) {
    const Subject subject = FindSubject(session, text);
    if (!subject.job.empty()) request.add_jobs(subject.job);
    if (subject.experiment.empty()) continue;
    if (command.subjects.size() > 1)
      throw UsageError("compare one experiment, or score jobs; not both, nor several experiments");
    request.set_experiment(subject.experiment);
  }
  request.mutable_group_by()->Assign(command.group_by.begin(), command.group_by.end());
  if (command.confidence) request.set_confidence(*command.confidence);
  if (command.seed) request.set_seed(*command.seed);
  const v1::CompareScoresResponse comparison =
      session.Connect().CallWithRetries(&v1::JobService::Stub::CompareScores, request);
  if (command.csv) {
    session.PrintData(ScoresCsv(comparison));
    return ExitCode::kOk;
  }
  std::string models;
  for (const v1::ScoreRow& row : comparison.rows()) models += (models.empty() ? "" : "\n") + IdOf(row.model());
  session.Print(comparison, models, [&](const TextStyle& style) { return ScoresTable(comparison, style); });
  return ExitCode::kOk;
}

void DefineCompare(CLI::App& app, CompareCommand& command) {
  Takes(ValueKind::kJobOrExperiment,
        app.add_option("JOB", command.subjects,
                       "Score jobs (`jobs/abc`, or `abc`); or an experiment, by its id or its name: all of its scores")
            ->required());
  app.add_option("--group-by", command.group_by,
                 "A label of jobs: those with the same value are repetitions of the same; may be repeated (default: of "
                 "an experiment, its step and what it varies; of jobs, each is by itself)")
      ->allow_extra_args(false)
      ->option_text("LABEL");
  app.add_option("--confidence", command.confidence, "Of the intervals of means (default 0.95)")->option_text("X");
  app.add_option("--seed", command.seed, "Seed of the permutations, where there are too many to try all (default 0)")
      ->option_text("N");
  app.add_flag("--csv", command.csv, "Comma-separated values, a line for each partition of each job, with its labels");
}

}  // namespace

void AddCompareCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<CompareCommand>(
      app, chosen, "compare",
      "Set models side by side: modularity by each method, null models, p-values, accuracy; over repetitions means, "
      "intervals, and permutation tests of the differences (-o wide: each model, with its labels, too)",
      DefineCompare, Compare);
  AddExamples(
      *command,
      {"modlab compare baseline-small", "modlab compare abc def ghi", "modlab compare abc def ghi jkl --group-by kind",
       "modlab compare baseline-small -o wide", "modlab compare baseline-small --csv > scores.csv",
       "modlab compare baseline-small -o json | jq '.groups[].measures[] | select(.measure | endswith(\": Q\"))'"});
}

}  // namespace modlab::client
