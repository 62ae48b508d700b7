#include "client/report/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/names.h"
#include "client/output/json.h"
#include "client/output/scores_table.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string Four(double value) { return fmt::format("{:.4f}", value); }
std::string Two(double value) { return fmt::format("{:.2g}", value); }

std::string NullText(const v1::NullTest& test) {
  return test.has_sd() ? fmt::format("{:.4f} ± {:.4f}", test.mean(), test.sd()) : Four(test.mean());
}

const v1::GroupMeasure* FindMeasure(const v1::ScoreGroup& group, const std::string& name) {
  const auto found = std::find_if(group.measures().begin(), group.measures().end(),
                                  [&](const v1::GroupMeasure& measure) { return measure.measure() == name; });
  return found == group.measures().end() ? nullptr : &*found;
}

std::string IntervalText(const v1::GroupMeasure& measure) {
  if (!measure.has_least()) return Four(measure.mean());
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", measure.mean(), measure.least(), measure.most());
}

/// Of a group's rows, by one method.
struct MethodSummary {
  int runs = 0;
  int units = 0;
  double null_mean = 0;
  double null_sd = 0;
  double z = 0;
  int with_z = 0;
  double largest_p = 0;
  int with_nulls = 0;
  double clusters = 0;
  double ncut = 0;
};

MethodSummary Summarize(const v1::CompareScoresResponse& comparison, const v1::ScoreGroup& group,
                        const std::string& description) {
  MethodSummary summary;
  for (const int row : group.rows()) {
    for (const v1::ScoredPartition& partition : comparison.rows(row).partitions()) {
      if (partition.description() != description) continue;
      ++summary.runs;
      summary.units = comparison.rows(row).units();
      summary.clusters += partition.clusters();
      summary.ncut += partition.ncut();
      if (partition.has_z()) {
        summary.z += partition.z();
        ++summary.with_z;
      }
      if (!partition.has_p()) continue;
      ++summary.with_nulls;
      summary.null_mean += partition.null_mean();
      summary.null_sd += partition.null_sd();
      summary.largest_p = std::max(summary.largest_p, partition.p());
    }
  }
  return summary;
}

std::vector<std::string> Descriptions(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> descriptions;
  for (const std::string& name : MeasureNames(comparison)) {
    if (name.ends_with(": Q")) descriptions.push_back(name.substr(0, name.size() - 3));
  }
  return descriptions;
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
  const v1::GroupMeasure* const measure = FindMeasure(group, description + ": Q");
  const MethodSummary summary = Summarize(comparison, group, description);
  std::string text = fmt::format("“{}” has Q = {}", GroupTitle(group), IntervalText(*measure));
  if (summary.with_nulls == 0) return text;
  const std::string z = summary.with_z > 0 ? fmt::format("z = {:.1f}, ", summary.z / summary.with_z) : "";
  return text + fmt::format(", {} its null models give ({:.4f}; {}p = {:.2g}{})",
                            summary.largest_p <= level ? "more than" : "no more than",
                            summary.null_mean / summary.with_nulls, z, summary.largest_p,
                            summary.runs > 1 ? " at most" : "");
}

void AddMethodTable(const v1::CompareScoresResponse& comparison, const std::string& description, HtmlPage& page) {
  Rows rows = {{"network", "runs", "units", "Q", "null Q", "z", "p", "clusters", "n-cut"}};
  for (const v1::ScoreGroup& group : comparison.groups()) {
    const MethodSummary summary = Summarize(comparison, group, description);
    if (summary.runs == 0) continue;
    const v1::GroupMeasure* const measure = FindMeasure(group, description + ": Q");
    const bool nulls = summary.with_nulls > 0;
    rows.push_back({GroupTitle(group), std::to_string(summary.runs), std::to_string(summary.units),
                    measure == nullptr ? "–" : IntervalText(*measure),
                    nulls ? fmt::format("{:.4f} ± {:.4f}", summary.null_mean / summary.with_nulls,
                                        summary.null_sd / summary.with_nulls)
                          : "–",
                    summary.with_z > 0 ? fmt::format("{:.1f}", summary.z / summary.with_z) : "–",
                    nulls ? Two(summary.largest_p) : "–", fmt::format("{:.1f}", summary.clusters / summary.runs),
                    fmt::format("{:.3f}", summary.ncut / summary.runs)});
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
  for (const auto& [name, version] : ordered) versions += (versions.empty() ? "" : ", ") + name + " " + version;
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
    if (FindMeasure(comparison.groups(i), description + ": Q") != nullptr) order.push_back(i);
  }
  if (order.empty()) return {"Nothing has been scored yet."};
  const auto mean = [&](int group) { return FindMeasure(comparison.groups(group), description + ": Q")->mean(); };
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
  std::vector<std::string> names;
  for (const std::string& name : MeasureNames(comparison)) {
    if (name.find(": ") == std::string::npos) names.push_back(name);
  }
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
        const v1::GroupMeasure* const measure = FindMeasure(group, name);
        rows.back().push_back(measure == nullptr ? "–" : IntervalText(*measure));
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
