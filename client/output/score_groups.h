#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/comparison.pb.h"

namespace modlab::client {

/// What a group is called in text: its title, with what else it is grouped by, or its name.
std::string GroupTitle(const v1::ScoreGroup& group);

/// Measures of the comparison by their names, in the order in which they first come.
std::vector<std::string> MeasureNames(const v1::CompareScoresResponse& comparison);

/// Of these, what models have learned (`accuracy`, `r_squared`), rather than how modular they are (`Leiden: Q`).
std::vector<std::string> PerformanceNames(const v1::CompareScoresResponse& comparison);

/// How partitions were found (`Leiden`), in the order in which these ways first come.
std::vector<std::string> Descriptions(const v1::CompareScoresResponse& comparison);

/// nullptr if no run of the group has it.
const v1::GroupMeasure* FindMeasure(const v1::ScoreGroup& group, const std::string& name);

/// The modularity of the partitions that were found in this way; nullptr likewise.
const v1::GroupMeasure* FindModularity(const v1::ScoreGroup& group, const std::string& description);

/// `0.4870 [0.4800, 0.4940]`, and `-` for nullptr.
std::string IntervalText(const v1::GroupMeasure* measure);

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
                                                     const v1::ScoreGroup& group, const std::string& description);

/// What a table says of a summary: null Q, z, p, clusters, n-cut.
std::vector<std::string> SummaryCells(const PartitionSummary& summary);

}  // namespace modlab::client
