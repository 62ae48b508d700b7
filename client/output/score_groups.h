#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/comparison.pb.h"

namespace modlab::client {

/// The cells of a table, its heading first.
using Cells = std::vector<std::vector<std::string>>;

/// What groups are called in text, each otherwise: the title of the step and whatever else they are grouped by, or
/// their names; with a job's id where names are alike, too.
std::vector<std::string> GroupTitles(const v1::CompareScoresResponse& comparison);

/// A way in which clusters were found.
struct ScoredMethod {
  v1::Partition::Method method = v1::Partition::METHOD_UNSPECIFIED;
  std::string description;  ///< `Leiden`, as ScoredPartition has it.
};

/// In the order in which they first come.
std::vector<ScoredMethod> MethodsOf(const v1::CompareScoresResponse& comparison);

/// The one to answer by: what most groups were scored by; of several such Leiden's before a spectral one, and either
/// before planted partitions. Nothing where nothing was scored.
std::optional<ScoredMethod> MainMethod(const v1::CompareScoresResponse& comparison);

/// The measure that is the modularity of a method's partitions: `Leiden: Q`.
std::string ModularityMeasure(const ScoredMethod& method);

/// The measures that are of what models have learned (`accuracy`, `loss`), by name.
std::vector<std::string> PerformanceNames(const v1::CompareScoresResponse& comparison);

/// How well models do: of these all but the loss, which is on every goal's own scale, where there are others.
std::vector<std::string> MetricNames(const v1::CompareScoresResponse& comparison);

/// Of which measures the differences are told first: modularity by the method to answer by, of every description that
/// it has, and how well models do.
std::vector<std::string> MainMeasures(const v1::CompareScoresResponse& comparison);

/// Whether there are repetitions of anything.
bool HasRepetitions(const v1::CompareScoresResponse& comparison);

/// nullptr if no run of the group has it.
const v1::GroupMeasure* FindMeasure(const v1::ScoreGroup& group, const std::string& name);

/// The row's partition that was found in this way, or nullptr.
const v1::ScoredPartition* PartitionOf(const v1::ScoreRow& row, const ScoredMethod& method);

/// `0.4870 [0.4800, 0.4940]`, and `-` for nullptr.
std::string IntervalText(const v1::GroupMeasure* measure);

/// `95 %`.
std::string ConfidenceText(const v1::CompareScoresResponse& comparison);

/// Partitions that were found in one way, taken together: means over those that have the number, none where none has.
struct PartitionSummary {
  int partitions = 0;
  std::optional<double> null_mean;
  std::optional<double> null_sd;
  std::optional<double> z;
  /// The largest p, which holds of all of them.
  std::optional<double> largest_p;
  double clusters = 0;
  double ncut = 0;
};
PartitionSummary Summarize(const std::vector<const v1::ScoredPartition*>& partitions);

/// The group's partitions that were found in this way, by row.
std::vector<const v1::ScoredPartition*> PartitionsOf(const v1::CompareScoresResponse& comparison,
                                                     const v1::ScoreGroup& group, const ScoredMethod& method);

/// `0.1250 ± 0.0625`; `-` without null models.
std::string NullModularityText(const PartitionSummary& summary);
/// A number in this format of fmt's, or `-`.
std::string NumberOrDash(const char* format, std::optional<double> number);

/// A line for each group that was scored in this way: network, runs, units, Q, null Q, z, p, clusters, n-cut.
Cells MethodCells(const v1::CompareScoresResponse& comparison, const ScoredMethod& method);

/// What each group has learned; a heading alone where nothing is known of that.
Cells PerformanceCells(const v1::CompareScoresResponse& comparison);

}  // namespace modlab::client
