#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace modlab {

/// The mean of a sample, and where the mean of what it was drawn from lies.
struct MeanInterval {
  double mean = 0;
  /// Sample standard deviation, and Student's interval; absent for fewer than two values.
  std::optional<double> sd;
  std::optional<double> least;
  std::optional<double> most;
};
/// `values` must not be empty; confidence in (0, 1).
MeanInterval IntervalOfMean(const std::vector<double>& values, double confidence);

/// Whether two samples may be of the same, by Fisher's and Pitman's permutation test of the difference of means,
/// two-sided: the share of divisions of all values into groups of these sizes whose difference is at least as large.
struct DifferenceTest {
  double difference = 0;  ///< Mean of the first minus mean of the second.
  double p = 1;
  double least_p = 1;  ///< The least that samples of these sizes can give.
};
/// Neither may be empty. Over all divisions where there are at most 20,000; else over the one observed and 9,999 random
/// ones, which the seed determines. O(divisions x values).
DifferenceTest TestDifferenceOfMeans(const std::vector<double>& first, const std::vector<double>& second,
                                     uint64_t seed);

}  // namespace modlab
