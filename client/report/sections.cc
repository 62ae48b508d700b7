#include "client/report/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "client/names.h"
#include "client/output/json.h"
#include "client/output/partition_text.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"
#include "client/output/training_text.h"

namespace modlab::client {
namespace {

std::string Four(double value) { return fmt::format("{:.4f}", value); }
std::string Two(double value) { return fmt::format("{:.2g}", value); }

std::string NullText(const v1::NullTest& test) {
  return test.has_sd() ? fmt::format("{:.4f} ± {:.4f}", test.mean(), test.sd()) : Four(test.mean());
}

/// `“composed”, with Q = 0.49 [0.48, 0.50], more than its null models give (0.30; z = 80, p = 0.0099)`.
std::string ModularityPhrase(const std::string& title, const v1::CompareScoresResponse& comparison,
                             const v1::ScoreGroup& group, const ScoredMethod& method) {
  constexpr double level = 0.05;
  const PartitionSummary summary = Summarize(PartitionsOf(comparison, group, method));
  std::string text =
      fmt::format("“{}”, with Q = {}", title, IntervalText(FindMeasure(group, ModularityMeasure(method))));
  if (!summary.null_mean || !summary.largest_p) return text;
  const std::string z = summary.z ? fmt::format("z = {:.1f}, ", *summary.z) : "";
  return text + fmt::format(", {} its null models give ({:.4f}; {}p = {:.2g}{})",
                            *summary.largest_p <= level ? "more than" : "no more than", *summary.null_mean, z,
                            *summary.largest_p, summary.partitions > 1 ? " at most" : "");
}

/// Whether the two groups differ in a measure, as far as the comparison can tell.
std::string DifferenceSentence(const v1::CompareScoresResponse& comparison, const std::string& measure, int one,
                               int other) {
  const auto& all = comparison.differences();
  const auto found = std::find_if(all.begin(), all.end(), [&](const v1::GroupDifference& difference) {
    return difference.measure() == measure &&
           std::minmax(difference.first(), difference.second()) == std::minmax(one, other);
  });
  if (found == all.end()) return "Whether the two differ was not tested: there are too many groups.";
  if (found->least_p() >= 1) return "Whether the two differ cannot be told from so few runs.";
  return fmt::format(
      "Between the two lie {:.4f}, with p = {:.2g} by permutation of the runs, adjusted for all {} comparisons that "
      "were made (Benjamini and Hochberg); unadjusted p = {:.2g}, where {:.2g} is the least that so few runs can give.",
      std::abs(found->difference()), found->p_adjusted(), all.size(), found->p(), found->least_p());
}

/// All but the first column are numbers.
void AddNumbers(const std::string& caption, const Cells& cells, HtmlPage& page) {
  std::vector<bool> numeric(cells.front().size(), true);
  numeric.front() = false;
  page.Table(caption, cells, numeric);
}

}  // namespace

void AddPartitionsTables(const v1::ScoreResult& score, HtmlPage& page) {
  Cells tested = {{"partition", "Q", "null Q", "z", "p", "n-cut", "ARI of seeds"}};
  Cells all = {{"partition", "Newman's", "directed", "by layer pairs", "signed"}};
  for (const v1::Partition& partition : score.partitions()) {
    const std::string title = PartitionTitle(partition);
    const v1::Modularity& modularity = partition.modularity();
    const v1::NullTest& test = partition.significance().modularity();
    const bool nulls = partition.has_significance();
    tested.push_back(
        {title, Four(TestedModularity(partition)), nulls ? NullText(test) : "–",
         test.has_z() ? fmt::format("{:.1f}", test.z()) : "–", nulls ? Two(test.p()) : "–",
         fmt::format("{:.3f}", partition.ncut()),
         partition.has_stability() ? fmt::format("{:.2f}", partition.stability().adjusted_rand_index().mean()) : "–"});
    all.push_back({title, Four(modularity.newman()), Four(modularity.directed()), Four(modularity.layer_pair()),
                   Four(modularity.signed_())});
  }
  AddNumbers("Partitions", tested, page);
  page.Paragraph(
      "Q, null Q, z and p are of the modularity that is the partition's objective: Newman's, where its name says no "
      "other.");
  AddNumbers("All modularities of these partitions", all, page);
}

void AddProvenance(const v1::Job& job, const std::string& submit_command, HtmlPage& page) {
  const v1::Provenance& provenance = job.result().provenance();
  std::string versions;
  const std::map<std::string, std::string> ordered(provenance.versions().begin(), provenance.versions().end());
  for (const auto& [name, version] : ordered) {
    versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", name, version);
  }
  std::vector<std::pair<std::string, std::string>> facts = {{"job", job.name()},
                                                            {"seed", std::to_string(job.spec().seed())},
                                                            {"versions", versions},
                                                            {"processor", provenance.cpu()},
                                                            {"model's SHA-256", provenance.model_sha256()}};
  const std::map<std::string, std::string> digests(provenance.input_sha256().begin(), provenance.input_sha256().end());
  for (const auto& [name, digest] : digests) facts.emplace_back(name, digest);
  page.Facts(facts);
  page.Paragraph("To run it again, save this as spec.json:");
  page.Code(SparseJson(job.spec()));
  page.Code(submit_command);
}

std::vector<std::string> AnswersOf(const v1::CompareScoresResponse& comparison) {
  const std::optional<ScoredMethod> method = MainMethod(comparison);
  if (!method) return {"Nothing has been scored yet."};
  const std::string measure = ModularityMeasure(*method);
  std::vector<int> order;
  for (int i = 0; i < comparison.groups_size(); ++i) {
    if (FindMeasure(comparison.groups(i), measure) != nullptr) order.push_back(i);
  }
  const auto mean = [&](int group) { return FindMeasure(comparison.groups(group), measure)->mean(); };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return mean(a) > mean(b); });
  const std::vector<std::string> titles = GroupTitles(comparison);
  const auto phrase = [&](int group) {
    return ModularityPhrase(titles[static_cast<std::size_t>(group)], comparison, comparison.groups(group), *method);
  };
  std::vector<std::string> answers = {
      fmt::format("By {}, the most modular is {}.", method->description, phrase(order.front()))};
  if (order.size() > 1) {
    answers.push_back(fmt::format("The least modular is {}.", phrase(order.back())));
    answers.push_back(DifferenceSentence(comparison, measure, order.front(), order.back()));
  }
  if (const int rest = comparison.groups_size() - static_cast<int>(order.size()); rest > 0) {
    answers.push_back(fmt::format("{} of {} groups were not scored in this way.", rest, comparison.groups_size()));
  }
  return answers;
}

void AddComparisonTables(const v1::CompareScoresResponse& comparison, HtmlPage& page) {
  for (const ScoredMethod& method : MethodsOf(comparison)) {
    AddNumbers(method.description, MethodCells(comparison, method), page);
  }
  AddNumbers("What the networks have learned", PerformanceCells(comparison), page);
  page.Paragraph(
      fmt::format("Means over runs, with their {} intervals by Student's t in brackets; null Q, z, clusters and n-cut "
                  "are means, p is the largest of the runs'.",
                  ConfidenceText(comparison)));
  const std::vector<std::string> titles = GroupTitles(comparison);
  Cells rows = {{"measure", "first", "second", "difference of means", "p", "adjusted", "least p"}};
  for (const v1::GroupDifference& difference : comparison.differences()) {
    if (difference.least_p() >= 1) continue;
    rows.push_back({MetricTitle(difference.measure()), titles[static_cast<std::size_t>(difference.first())],
                    titles[static_cast<std::size_t>(difference.second())],
                    fmt::format("{:+.4f}", difference.difference()), Two(difference.p()), Two(difference.p_adjusted()),
                    Two(difference.least_p())});
  }
  if (rows.size() < 2) return;
  page.BeginDetails("Tests of all differences");
  page.Paragraph(
      "Two-sided permutation tests of the difference of means; adjusted for their number by Benjamini and Hochberg. "
      "The least p is what samples of these sizes can give at all.");
  page.Table("Differences", rows, {false, false, false, true, true, true, true});
  page.EndDetails();
}

void AddStepsTable(const v1::Experiment& experiment, HtmlPage& page) {
  Cells rows = {{"step", "what it is", "kind", "jobs", "succeeded"}};
  for (const v1::ExperimentStep& step : experiment.spec().steps()) {
    int jobs = 0;
    int succeeded = 0;
    std::string kind;
    for (const v1::ExperimentJob& job : experiment.jobs()) {
      if (job.step() != step.name()) continue;
      ++jobs;
      succeeded += job.state() == v1::Job::SUCCEEDED ? 1 : 0;
      kind = Lower(v1::Job::Kind_Name(job.kind()));
    }
    rows.push_back({step.name(), step.title(), kind, std::to_string(jobs), std::to_string(succeeded)});
  }
  page.Table("Steps", rows, {false, false, false, true, true});
}

void AddTrainingTables(const v1::Job& job, HtmlPage& page) {
  const v1::TrainResult& train = job.result().train();
  constexpr int most = 30;
  Cells rows = {
      {"goal", "from epoch", "loss before", "after", "recovered in", "Q before", "Q after", "ARI of modules"}};
  for (const v1::GoalSwitch& change : train.switches()) {
    if (static_cast<int>(rows.size()) > most) break;
    rows.push_back({GoalText(change.goal()), std::to_string(change.epoch()),
                    change.has_loss_before() ? Four(change.loss_before()) : "–",
                    change.has_loss_after() ? Four(change.loss_after()) : "–",
                    change.has_recovery_epochs() ? fmt::format("{} epochs", change.recovery_epochs()) : "not",
                    change.has_modularity_before() ? Four(change.modularity_before()) : "–",
                    change.has_modularity_after() ? Four(change.modularity_after()) : "–",
                    change.has_agreement() ? fmt::format("{:.2f}", change.agreement()) : "–"});
  }
  const int all = train.switches_size();
  AddNumbers(all > most ? fmt::format("The first {} of {} switches of goals", most, all) : "Switches of goals", rows,
             page);
  Cells ends = {{"goal", "loss", "normalised"}};
  for (const int kind : job.spec().train().metrics()) {
    ends.front().push_back(MetricTitle(static_cast<v1::MetricKind>(kind)));
  }
  for (const v1::GoalEvaluation& evaluation : train.evaluations()) {
    ends.push_back({GoalText(evaluation.goal()), NumberText(evaluation.loss()),
                    evaluation.has_normalized_loss() ? NumberText(evaluation.normalized_loss()) : "–"});
    for (const double metric : evaluation.metrics()) ends.back().push_back(NumberText(metric));
  }
  AddNumbers("How well each goal is met in the end", ends, page);
}

}  // namespace modlab::client
