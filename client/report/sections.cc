#include "client/report/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/names.h"
#include "client/output/json.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string Four(double value) { return fmt::format("{:.4f}", value); }
std::string Two(double value) { return fmt::format("{:.2g}", value); }

std::string NullText(const v1::NullTest& test) {
  return test.has_sd() ? fmt::format("{:.4f} ± {:.4f}", test.mean(), test.sd()) : Four(test.mean());
}

/// Leiden's where there is one.
std::string MainDescription(const v1::CompareScoresResponse& comparison) {
  const std::vector<std::string> descriptions = Descriptions(comparison);
  if (descriptions.empty()) return "";
  return std::find(descriptions.begin(), descriptions.end(), "Leiden") != descriptions.end() ? "Leiden"
                                                                                             : descriptions.front();
}

/// `“composed” has Q = 0.49 [0.48, 0.50], more than its null models' (z = 80, p = 0.0099)`.
std::string ModularitySentence(const v1::CompareScoresResponse& comparison, const v1::ScoreGroup& group,
                               const std::string& description) {
  constexpr double level = 0.05;
  const PartitionSummary summary = Summarize(PartitionsOf(comparison, group, description));
  std::string text =
      fmt::format("“{}” has Q = {}", GroupTitle(group), IntervalText(FindModularity(group, description)));
  if (!summary.null_mean || !summary.largest_p) return text;
  const std::string z = summary.z ? fmt::format("z = {:.1f}, ", *summary.z) : "";
  return text + fmt::format(", {} its null models give ({:.4f}; {}p = {:.2g}{})",
                            *summary.largest_p <= level ? "more than" : "no more than", *summary.null_mean, z,
                            *summary.largest_p, summary.partitions > 1 ? " at most" : "");
}

void AddMethodTable(const v1::CompareScoresResponse& comparison, const std::string& description, HtmlPage& page) {
  Rows rows = {{"network", "runs", "units", "Q", "null Q", "z", "p", "clusters", "n-cut"}};
  for (const v1::ScoreGroup& group : comparison.groups()) {
    const PartitionSummary summary = Summarize(PartitionsOf(comparison, group, description));
    if (summary.partitions == 0) continue;
    std::vector<std::string> cells = {GroupTitle(group), std::to_string(summary.partitions),
                                      std::to_string(comparison.rows(group.rows(0)).units()),
                                      IntervalText(FindModularity(group, description))};
    const std::vector<std::string> others = SummaryCells(summary);
    cells.insert(cells.end(), others.begin(), others.end());
    rows.push_back(std::move(cells));
  }
  page.Table(description, rows, {false, true, true, true, true, true, true, true, true});
}

}  // namespace

void AddPartitionsTable(const v1::ScoreResult& score, HtmlPage& page) {
  Rows rows = {{"partition", "Q", "directed", "by layer pairs", "signed", "n-cut", "null Q", "z", "p", "ARI of seeds"}};
  for (const v1::Partition& partition : score.partitions()) {
    const v1::NullTest& test = partition.significance().modularity();
    const bool nulls = partition.has_significance();
    rows.push_back(
        {PartitionTitle(partition), Four(partition.modularity().newman()), Four(partition.modularity().directed()),
         Four(partition.modularity().layer_pair()), Four(partition.modularity().signed_()),
         fmt::format("{:.3f}", partition.ncut()), nulls ? NullText(test) : "–",
         test.has_z() ? fmt::format("{:.1f}", test.z()) : "–", nulls ? Two(test.p()) : "–",
         partition.has_stability() ? fmt::format("{:.2f}", partition.stability().adjusted_rand_index().mean()) : "–"});
  }
  page.Table("Partitions", rows, {false, true, true, true, true, true, true, true, true, true});
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
  const std::string description = MainDescription(comparison);
  std::vector<int> order;
  for (int i = 0; i < comparison.groups_size(); ++i) {
    if (FindModularity(comparison.groups(i), description) != nullptr) order.push_back(i);
  }
  if (order.empty()) return {"Nothing has been scored yet."};
  const auto mean = [&](int group) { return FindModularity(comparison.groups(group), description)->mean(); };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return mean(a) > mean(b); });
  std::vector<std::string> answers;
  answers.push_back(fmt::format("By {}, the most modular is {}.", description,
                                ModularitySentence(comparison, comparison.groups(order.front()), description)));
  if (order.size() > 1) {
    answers.push_back(fmt::format("The least modular is {}.",
                                  ModularitySentence(comparison, comparison.groups(order.back()), description)));
  }
  for (const v1::GroupDifference& difference : comparison.differences()) {
    const bool is_theirs =
        difference.measure() == description + ": Q" &&
        std::minmax(difference.first(), difference.second()) == std::minmax(order.front(), order.back());
    if (!is_theirs || difference.least_p() >= 1) continue;
    answers.push_back(
        fmt::format("Between the two lie {:.4f}, with p = {:.2g} by permutation of the runs ({:.2g} is the least that "
                    "so few can give).",
                    std::abs(difference.difference()), difference.p(), difference.least_p()));
  }
  return answers;
}

void AddComparisonTables(const v1::CompareScoresResponse& comparison, HtmlPage& page) {
  for (const std::string& description : Descriptions(comparison)) AddMethodTable(comparison, description, page);
  const std::vector<std::string> names = PerformanceNames(comparison);
  if (!names.empty()) {
    Rows rows = {{"network"}};
    std::vector<bool> numeric = {false};
    for (std::string name : names) {
      std::replace(name.begin(), name.end(), '_', ' ');
      rows.front().push_back(name);
      numeric.push_back(true);
    }
    for (const v1::ScoreGroup& group : comparison.groups()) {
      rows.push_back({GroupTitle(group)});
      for (const std::string& name : names) {
        rows.back().push_back(IntervalText(FindMeasure(group, name)));
      }
    }
    page.Table("What the networks have learned", rows, numeric);
  }
  page.Paragraph(
      fmt::format("Means over runs, with their {:.0f} % intervals by Student's t in brackets; null Q, z, clusters "
                  "and n-cut are means, p is the largest of the runs'.",
                  100 * comparison.confidence()));
  Rows rows = {{"measure", "first", "second", "difference of means", "p", "adjusted", "least p"}};
  for (const v1::GroupDifference& difference : comparison.differences()) {
    if (difference.least_p() >= 1) continue;
    rows.push_back({difference.measure(), GroupTitle(comparison.groups(difference.first())),
                    GroupTitle(comparison.groups(difference.second())), fmt::format("{:+.4f}", difference.difference()),
                    Two(difference.p()), Two(difference.p_adjusted()), Two(difference.least_p())});
  }
  if (rows.size() < 2) return;
  page.BeginDetails("Tests of all differences");
  page.Paragraph(
      "Two-sided permutation tests of the difference of means; adjusted for their number by Benjamini and Hochberg. "
      "The "
      "least p is what samples of these sizes can give at all.");
  page.Table("Differences", rows, {false, false, false, true, true, true, true});
  page.EndDetails();
}

void AddStepsTable(const v1::Experiment& experiment, HtmlPage& page) {
  Rows rows = {{"step", "what it is", "kind", "jobs", "succeeded"}};
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
  const auto goal = [](const v1::GoalInForce& in_force) {
    std::string text = in_force.expression();
    const std::map<std::string, double> ordered(in_force.parameters().begin(), in_force.parameters().end());
    for (const auto& [name, value] : ordered) text += fmt::format(", {} = {:.4g}", name, value);
    return text;
  };
  constexpr int most = 30;
  Rows rows = {{"goal", "from epoch", "loss before", "after", "recovered in", "Q before", "Q after", "ARI of modules"}};
  for (const v1::GoalSwitch& change : train.switches()) {
    if (static_cast<int>(rows.size()) > most) break;
    rows.push_back({goal(change.goal()), std::to_string(change.epoch()),
                    change.has_loss_before() ? Four(change.loss_before()) : "–",
                    change.has_loss_after() ? Four(change.loss_after()) : "–",
                    change.has_recovery_epochs() ? fmt::format("{} epochs", change.recovery_epochs()) : "not",
                    change.has_modularity_before() ? Four(change.modularity_before()) : "–",
                    change.has_modularity_after() ? Four(change.modularity_after()) : "–",
                    change.has_agreement() ? fmt::format("{:.2f}", change.agreement()) : "–"});
  }
  const int all = train.switches_size();
  page.Table(all > most ? fmt::format("The first {} of {} switches of goals", most, all) : "Switches of goals", rows,
             {false, true, true, true, true, true, true, true});
  Rows ends = {{"goal", "loss", "normalised"}};
  std::vector<bool> numeric = {false, true, true};
  for (const int kind : job.spec().train().metrics()) {
    std::string name = Lower(v1::MetricKind_Name(static_cast<v1::MetricKind>(kind)));
    std::replace(name.begin(), name.end(), '_', ' ');
    ends.front().push_back(name);
    numeric.push_back(true);
  }
  for (const v1::GoalEvaluation& evaluation : train.evaluations()) {
    ends.push_back({goal(evaluation.goal()), NumberText(evaluation.loss()),
                    evaluation.has_normalized_loss() ? NumberText(evaluation.normalized_loss()) : "–"});
    for (const double metric : evaluation.metrics()) ends.back().push_back(NumberText(metric));
  }
  page.Table("How well each goal is met in the end", ends, numeric);
}

}  // namespace modlab::client
