#include "client/output/score_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "client/names.h"
#include "client/output/text.h"
#include "client/output/training_text.h"

namespace modlab::client {
namespace {

constexpr const char* kStep = "step";
constexpr const char* kLoss = "loss";

template <typename Value>
std::optional<double> MeanOf(const std::vector<const v1::ScoredPartition*>& partitions,
                             bool (v1::ScoredPartition::*has)() const, Value value) {
  double sum = 0;
  int count = 0;
  for (const v1::ScoredPartition* partition : partitions) {
    if (!(partition->*has)()) continue;
    sum += value(*partition);
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional<double>(sum / count);
}

/// The step by its title, and whatever else the group is grouped by.
std::string TitleByLabels(const v1::ScoreGroup& group) {
  if (group.title().empty()) return group.name();
  std::string title = group.title();
  const std::map<std::string, std::string> labels(group.labels().begin(), group.labels().end());
  for (const auto& [key, value] : labels) {
    if (key != kStep) title += fmt::format(", {} = {}", key, value);
  }
  return title;
}

/// How early the method is chosen to answer by.
std::size_t Rank(v1::Partition::Method method) {
  constexpr std::array order = {v1::Partition::LEIDEN, v1::Partition::SPECTRAL, v1::Partition::PLANTED};
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), method) - order.begin());
}

}  // namespace

std::vector<std::string> GroupTitles(const v1::CompareScoresResponse& comparison) {
  std::map<std::string, int> titles;
  std::map<std::string, int> names;
  for (const v1::ScoreGroup& group : comparison.groups()) {
    ++titles[TitleByLabels(group)];
    ++names[group.name()];
  }
  std::vector<std::string> texts;
  for (const v1::ScoreGroup& group : comparison.groups()) {
    std::string text = TitleByLabels(group);
    if (titles[text] > 1) {
      text = group.name();
      if (names[text] > 1) text += fmt::format(" ({})", IdOf(comparison.rows(group.rows(0)).job()));
    }
    texts.push_back(text.empty() ? "others" : Printable(text));
  }
  return texts;
}

std::vector<ScoredMethod> MethodsOf(const v1::CompareScoresResponse& comparison) {
  std::vector<ScoredMethod> methods;
  std::set<std::string> seen;
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const v1::ScoredPartition& partition : row.partitions()) {
      if (seen.insert(partition.description()).second) {
        methods.push_back({partition.method(), partition.description()});
      }
    }
  }
  return methods;
}

std::optional<ScoredMethod> MainMethod(const v1::CompareScoresResponse& comparison) {
  std::optional<ScoredMethod> best;
  std::tuple<std::ptrdiff_t, std::size_t> best_key;
  for (const ScoredMethod& method : MethodsOf(comparison)) {
    const auto groups = std::count_if(
        comparison.groups().begin(), comparison.groups().end(),
        [&](const v1::ScoreGroup& group) { return FindMeasure(group, ModularityMeasure(method)) != nullptr; });
    const std::tuple key(-groups, Rank(method.method));
    if (groups == 0 || (best && key >= best_key)) continue;
    best = method;
    best_key = key;
  }
  return best;
}

std::string ModularityMeasure(const ScoredMethod& method) { return method.description + ": Q"; }

std::vector<std::string> PerformanceNames(const v1::CompareScoresResponse& comparison) {
  std::set<std::string> names;
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const auto& [name, value] : row.performance()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> MetricNames(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> names = PerformanceNames(comparison);
  if (names.size() > 1) std::erase(names, kLoss);
  return names;
}

std::vector<std::string> MainMeasures(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> measures;
  if (const auto main = MainMethod(comparison)) {
    for (const ScoredMethod& method : MethodsOf(comparison)) {
      if (method.method == main->method) measures.push_back(ModularityMeasure(method));
    }
  }
  const std::vector<std::string> metrics = MetricNames(comparison);
  measures.insert(measures.end(), metrics.begin(), metrics.end());
  return measures;
}

bool HasRepetitions(const v1::CompareScoresResponse& comparison) {
  return std::any_of(comparison.groups().begin(), comparison.groups().end(),
                     [](const v1::ScoreGroup& group) { return group.rows_size() > 1; });
}

const v1::GroupMeasure* FindMeasure(const v1::ScoreGroup& group, const std::string& name) {
  const auto found = std::find_if(group.measures().begin(), group.measures().end(),
                                  [&](const v1::GroupMeasure& measure) { return measure.measure() == name; });
  return found == group.measures().end() ? nullptr : &*found;
}

const v1::ScoredPartition* PartitionOf(const v1::ScoreRow& row, const ScoredMethod& method) {
  const auto found =
      std::find_if(row.partitions().begin(), row.partitions().end(),
                   [&](const v1::ScoredPartition& partition) { return partition.description() == method.description; });
  return found == row.partitions().end() ? nullptr : &*found;
}

std::string IntervalText(const v1::GroupMeasure* measure) {
  if (measure == nullptr) return "-";
  if (!measure->has_least()) return fmt::format("{:.4f}", measure->mean());
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", measure->mean(), measure->least(), measure->most());
}

std::string ConfidenceText(const v1::CompareScoresResponse& comparison) {
  return fmt::format("{:g} %", 100 * comparison.confidence());
}

PartitionSummary Summarize(const std::vector<const v1::ScoredPartition*>& partitions) {
  using Partition = v1::ScoredPartition;
  PartitionSummary summary;
  summary.partitions = static_cast<int>(partitions.size());
  summary.null_mean = MeanOf(partitions, &Partition::has_null_mean, [](const Partition& p) { return p.null_mean(); });
  summary.null_sd = MeanOf(partitions, &Partition::has_null_sd, [](const Partition& p) { return p.null_sd(); });
  summary.z = MeanOf(partitions, &Partition::has_z, [](const Partition& p) { return p.z(); });
  for (const Partition* partition : partitions) {
    if (partition->has_p()) summary.largest_p = std::max(summary.largest_p.value_or(0), partition->p());
    summary.clusters += static_cast<double>(partition->clusters()) / summary.partitions;
    summary.ncut += partition->ncut() / summary.partitions;
  }
  return summary;
}

std::vector<const v1::ScoredPartition*> PartitionsOf(const v1::CompareScoresResponse& comparison,
                                                     const v1::ScoreGroup& group, const ScoredMethod& method) {
  std::vector<const v1::ScoredPartition*> found;
  for (const int row : group.rows()) {
    const v1::ScoredPartition* partition = PartitionOf(comparison.rows(row), method);
    if (partition != nullptr) found.push_back(partition);
  }
  return found;
}

std::string NumberOrDash(const char* format, std::optional<double> number) {
  return number ? fmt::format(fmt::runtime(format), *number) : "-";
}

std::string NullModularityText(const PartitionSummary& summary) {
  return NumberOrDash("{:.4f}", summary.null_mean) +
         (summary.null_sd ? fmt::format(" ± {:.4f}", *summary.null_sd) : "");
}

Cells MethodCells(const v1::CompareScoresResponse& comparison, const ScoredMethod& method) {
  Cells cells = {{"network", "runs", "units", "Q", "null Q", "z", "p", "clusters", "n-cut"}};
  const std::vector<std::string> titles = GroupTitles(comparison);
  for (int i = 0; i < comparison.groups_size(); ++i) {
    const v1::ScoreGroup& group = comparison.groups(i);
    const PartitionSummary summary = Summarize(PartitionsOf(comparison, group, method));
    if (summary.partitions == 0) continue;
    cells.push_back({titles[static_cast<std::size_t>(i)], std::to_string(summary.partitions),
                     std::to_string(comparison.rows(group.rows(0)).units()),
                     IntervalText(FindMeasure(group, ModularityMeasure(method))), NullModularityText(summary),
                     NumberOrDash("{:.1f}", summary.z), NumberOrDash("{:.2g}", summary.largest_p),
                     fmt::format("{:.1f}", summary.clusters), fmt::format("{:.3f}", summary.ncut)});
  }
  return cells;
}

Cells PerformanceCells(const v1::CompareScoresResponse& comparison) {
  const std::vector<std::string> names = PerformanceNames(comparison);
  Cells cells = {{"network"}};
  if (names.empty()) return cells;
  for (const std::string& name : names) cells.front().push_back(MetricTitle(name));
  const std::vector<std::string> titles = GroupTitles(comparison);
  for (int i = 0; i < comparison.groups_size(); ++i) {
    cells.push_back({titles[static_cast<std::size_t>(i)]});
    for (const std::string& name : names) cells.back().push_back(IntervalText(FindMeasure(comparison.groups(i), name)));
  }
  return cells;
}

}  // namespace modlab::client
