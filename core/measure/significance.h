#pragma once

#include <optional>
#include <vector>

namespace modlab {

/// Which values of a statistic speak against the null model: large ones (modularity) or small ones (n-cut).
enum class Tail { kUpper, kLower };

/// A statistic beside its values in samples of a null model (definitions.md, section 8).
struct NullTest {
  double mean = 0;
  /// Sample standard deviation; absent for fewer than two samples.
  std::optional<double> sd;
  /// (observed - mean) / sd; absent where sd is absent or 0.
  std::optional<double> z;
  double p = 1;
  std::vector<double> values;
};

/// How many of the values it takes to have so many that are at least as extreme as what was observed; absent where
/// there are fewer. Ties count against the finding.
std::optional<int> ValuesUntil(int exceedances, double observed, const std::vector<double>& values, Tail tail);

/// p = (1 + exceedances) / (1 + number of values). `values` must not be empty.
///
/// With `stop_at` > 0 the values are those of a sequential test (Besag & Clifford 1991), in the order they were drawn:
/// p is stop_at / l where the stop_at-th exceedance is the l-th value, later values being of no account for p; and as
/// above where there are fewer exceedances.
NullTest TestAgainst(double observed, std::vector<double> values, Tail tail, int stop_at = 0);

/// p-values adjusted for their number, in the same order (Benjamini & Hochberg 1995): rejecting those that are at most
/// q keeps the expected share of false rejections at most q.
std::vector<double> AdjustForFalseDiscovery(const std::vector<double>& p);

}  // namespace modlab
