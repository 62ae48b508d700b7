#pragma once

#include <cstdint>
#include <vector>

namespace modlab {

/// How much two partitions of the same units agree (definitions.md, section 9).
struct PartitionComparison {
  /// Units that have a cluster in both; the others are left out of everything here.
  int64_t units = 0;
  /// The labels that units have in the first and in the second partition, ascending: rows and columns of the table.
  std::vector<int> first_labels;
  std::vector<int> second_labels;
  /// The contingency table: number of units in both clusters, row-major.
  std::vector<int64_t> contingency;

  /// Adjusted Rand index [Hubert & Arabie 1985]: 1 for equal partitions, 0 on average for unrelated ones.
  double adjusted_rand_index = 0;
  /// Mutual information over the arithmetic mean of the entropies.
  double normalized_mutual_information = 0;
  /// The same, its expectation for unrelated partitions of these sizes taken off [Vinh, Epps & Bailey 2010].
  double adjusted_mutual_information = 0;
  /// Variation of information, in nats [Meila 2007]: 0 for equal partitions, at most ln(units).
  double variation_of_information = 0;
};

/// Labels are per unit, of any values; below 0: no cluster. Both must have the same length; otherwise std::logic_error.
/// Two partitions without a difference, a single cluster each or no units at all, agree: 1, 1, 1 and 0. The values are
/// those of scikit-learn's adjusted_rand_score, normalized_mutual_info_score and adjusted_mutual_info_score.
/// O(units log units + rows * columns * sqrt(units)).
PartitionComparison ComparePartitions(const std::vector<int>& first, const std::vector<int>& second);

/// What can be said of two partitions without the whole of their table.
struct PartitionCloseness {
  double adjusted_rand_index = 0;
  double variation_of_information = 0;
};

/// As ComparePartitions has them, for partitions into any number of clusters: O(units log units).
PartitionCloseness MeasureCloseness(const std::vector<int>& first, const std::vector<int>& second);

}  // namespace modlab
