#include "core/community/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace modlab {
namespace {

using Sizes = std::vector<int64_t>;

/// The different labels, ascending.
std::vector<int> Different(std::vector<int> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

size_t IndexOf(const std::vector<int>& labels, int label) {
  return std::lower_bound(labels.begin(), labels.end(), label) - labels.begin();
}

double Pairs(int64_t units) { return 0.5 * static_cast<double>(units) * static_cast<double>(units - 1); }

double SumOfPairs(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), 0.0, [](double sum, int64_t size) { return sum + Pairs(size); });
}

double AdjustedRandIndex(const Sizes& table, const Sizes& rows, const Sizes& columns, int64_t units) {
  const double together = SumOfPairs(table);
  const double in_rows = SumOfPairs(rows);
  const double in_columns = SumOfPairs(columns);
  const double expected = units > 1 ? in_rows * in_columns / Pairs(units) : 0;
  const double most = (in_rows + in_columns) / 2;
  return most == expected ? 1 : (together - expected) / (most - expected);
}

double Entropy(const Sizes& sizes, int64_t units) {
  double entropy = 0;
  for (const int64_t size : sizes) {
    const double share = static_cast<double>(size) / static_cast<double>(units);
    if (size > 0) entropy -= share * std::log(share);
  }
  return entropy;
}

double MutualInformation(const Sizes& table, const Sizes& rows, const Sizes& columns, int64_t units) {
  double information = 0;
  for (size_t cell = 0; cell < table.size(); ++cell) {
    if (table[cell] == 0) continue;
    const double both = static_cast<double>(table[cell]);
    const double expected = static_cast<double>(rows[cell / columns.size()]) *
                            static_cast<double>(columns[cell % columns.size()]) / static_cast<double>(units);
    information += both / static_cast<double>(units) * std::log(both / expected);
  }
  return std::max(0.0, information);
}

/// What two clusters of these sizes contribute to the expected mutual information: the mean over the number of units
/// that they have in common, which is hypergeometrically distributed. Summed from the most probable number outwards.
double ExpectedInformation(int64_t row, int64_t column, int64_t units) {
  constexpr double negligible = 1e-20;
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const auto log_factorial = [&](int64_t n) { return std::lgamma(number(n) + 1); };
  const auto information = [&](int64_t common) {
    return number(common) / number(units) * std::log(number(units) * number(common) / (number(row) * number(column)));
  };
  const int64_t least = std::max<int64_t>(1, row + column - units);
  const int64_t most = std::min(row, column);
  const auto mode = static_cast<int64_t>((number(row) + 1) * (number(column) + 1) / (number(units) + 2));
  const int64_t start = std::clamp(mode, least, most);
  const double at_start =
      std::exp(log_factorial(row) + log_factorial(column) + log_factorial(units - row) + log_factorial(units - column) -
               log_factorial(units) - log_factorial(start) - log_factorial(row - start) -
               log_factorial(column - start) - log_factorial(units - row - column + start));
  double expected = at_start * information(start);
  double probability = at_start;
  for (int64_t common = start + 1; common <= most && probability > negligible * at_start; ++common) {
    probability *= number(row - common + 1) * number(column - common + 1) /
                   (number(common) * number(units - row - column + common));
    expected += probability * information(common);
  }
  probability = at_start;
  for (int64_t common = start - 1; common >= least && probability > negligible * at_start; --common) {
    probability *= number(common + 1) * number(units - row - column + common + 1) /
                   (number(row - common) * number(column - common));
    expected += probability * information(common);
  }
  return expected;
}

double ExpectedMutualInformation(const Sizes& rows, const Sizes& columns, int64_t units) {
  double expected = 0;
  for (const int64_t row : rows) {
    for (const int64_t column : columns) expected += ExpectedInformation(row, column, units);
  }
  return expected;
}

/// Units that have a cluster in both.
using LabelPairs = std::vector<std::pair<int, int>>;

LabelPairs PairsOfLabels(const std::vector<int>& first, const std::vector<int>& second) {
  if (first.size() != second.size()) throw std::logic_error("partitions must have a label for each of the same units");
  LabelPairs pairs;
  for (size_t unit = 0; unit < first.size(); ++unit) {
    if (first[unit] >= 0 && second[unit] >= 0) pairs.emplace_back(first[unit], second[unit]);
  }
  return pairs;
}

/// How often each of the values occurs.
template <typename Value>
Sizes Count(std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  Sizes counts;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i == 0 || values[i] != values[i - 1]) counts.push_back(0);
    ++counts.back();
  }
  return counts;
}

}  // namespace

PartitionComparison ComparePartitions(const std::vector<int>& first, const std::vector<int>& second) {
  std::vector<int> kept_first;
  std::vector<int> kept_second;
  for (const auto& [in_first, in_second] : PairsOfLabels(first, second)) {
    kept_first.push_back(in_first);
    kept_second.push_back(in_second);
  }
  PartitionComparison comparison;
  comparison.units = static_cast<int64_t>(kept_first.size());
  comparison.first_labels = Different(kept_first);
  comparison.second_labels = Different(kept_second);
  const size_t row_count = comparison.first_labels.size();
  const size_t column_count = comparison.second_labels.size();
  comparison.contingency.assign(row_count * column_count, 0);
  Sizes rows(row_count, 0);
  Sizes columns(column_count, 0);
  for (size_t unit = 0; unit < kept_first.size(); ++unit) {
    const size_t row = IndexOf(comparison.first_labels, kept_first[unit]);
    const size_t column = IndexOf(comparison.second_labels, kept_second[unit]);
    ++comparison.contingency[row * column_count + column];
    ++rows[row];
    ++columns[column];
  }

  const int64_t units = comparison.units;
  comparison.adjusted_rand_index = AdjustedRandIndex(comparison.contingency, rows, columns, units);
  if (row_count <= 1 && column_count <= 1) {
    comparison.normalized_mutual_information = comparison.adjusted_mutual_information = 1;
    return comparison;
  }
  const double information = MutualInformation(comparison.contingency, rows, columns, units);
  const double entropies = Entropy(rows, units) + Entropy(columns, units);
  const double expected = ExpectedMutualInformation(rows, columns, units);
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const double room = entropies / 2 - expected;
  comparison.normalized_mutual_information = information / (entropies / 2);
  comparison.adjusted_mutual_information =
      (information - expected) / (room < 0 ? std::min(room, -epsilon) : std::max(room, epsilon));
  comparison.variation_of_information = std::max(0.0, entropies - 2 * information);
  return comparison;
}

PartitionCloseness MeasureCloseness(const std::vector<int>& first, const std::vector<int>& second) {
  const LabelPairs pairs = PairsOfLabels(first, second);
  std::vector<int> kept_first;
  std::vector<int> kept_second;
  for (const auto& [in_first, in_second] : pairs) {
    kept_first.push_back(in_first);
    kept_second.push_back(in_second);
  }
  const auto units = static_cast<int64_t>(pairs.size());
  const Sizes cells = Count(pairs);
  const Sizes rows = Count(std::move(kept_first));
  const Sizes columns = Count(std::move(kept_second));
  return {AdjustedRandIndex(cells, rows, columns, units),
          std::max(0.0, 2 * Entropy(cells, units) - Entropy(rows, units) - Entropy(columns, units))};
}

}  // namespace modlab
