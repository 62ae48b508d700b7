#include "client/output/score_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr const char* kModularity = ": Q";

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

std::string NumberOrDash(const char* format, std::optional<double> number) {
  return number ? fmt::format(fmt::runtime(format), *number) : "-";
}

}  // namespace

std::string GroupTitle(const v1::ScoreGroup& group) {
  if (group.title().empty()) return Printable(group.name());
  // What else it is grouped by than the step that the title is of.
  const std::size_t comma = group.name().find(", ");
  return Printable(group.title() + (comma == std::string::npos ? "" : group.name().substr(comma)));
}

std::vector<std::string> MeasureNames(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> names;
  for (const v1::ScoreGroup& group : comparison.groups()) {
    for (const v1::GroupMeasure& measure : group.measures()) {
      if (std::find(names.begin(), names.end(), measure.measure()) == names.end()) names.push_back(measure.measure());
    }
  }
  return names;
}

std::vector<std::string> PerformanceNames(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> names = MeasureNames(comparison);
  std::erase_if(names, [](const std::string& name) { return name.find(": ") != std::string::npos; });
  return names;
}

std::vector<std::string> Descriptions(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> descriptions;
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const v1::ScoredPartition& partition : row.partitions()) {
      if (std::find(descriptions.begin(), descriptions.end(), partition.description()) == descriptions.end()) {
        descriptions.push_back(partition.description());
      }
    }
  }
  return descriptions;
}

const v1::GroupMeasure* FindMeasure(const v1::ScoreGroup& group, const std::string& name) {
  const auto found = std::find_if(group.measures().begin(), group.measures().end(),
                                  [&](const v1::GroupMeasure& measure) { return measure.measure() == name; });
  return found == group.measures().end() ? nullptr : &*found;
}

const v1::GroupMeasure* FindModularity(const v1::ScoreGroup& group, const std::string& description) {
  return FindMeasure(group, description + kModularity);
}

std::string IntervalText(const v1::GroupMeasure* measure) {
  if (measure == nullptr) return "-";
  if (!measure->has_least()) return fmt::format("{:.4f}", measure->mean());
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", measure->mean(), measure->least(), measure->most());
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
                                                     const v1::ScoreGroup& group, const std::string& description) {
  std::vector<const v1::ScoredPartition*> found;
  for (const int row : group.rows()) {
    for (const v1::ScoredPartition& partition : comparison.rows(row).partitions()) {
      if (partition.description() == description) found.push_back(&partition);
    }
  }
  return found;
}

std::vector<std::string> SummaryCells(const PartitionSummary& summary) {
  const std::string sd = NumberOrDash(" ± {:.4f}", summary.null_sd);
  return {NumberOrDash("{:.4f}", summary.null_mean) + (sd == "-" ? "" : sd), NumberOrDash("{:.1f}", summary.z),
          NumberOrDash("{:.2g}", summary.largest_p), fmt::format("{:.1f}", summary.clusters),
          fmt::format("{:.3f}", summary.ncut)};
}

}  // namespace modlab::client
