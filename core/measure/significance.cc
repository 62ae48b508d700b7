#include "core/measure/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace modlab {
namespace {

bool IsExceedance(double observed, double value, Tail tail) {
  return tail == Tail::kUpper ? value >= observed : value <= observed;
}

double PValue(double observed, const std::vector<double>& values, Tail tail, int stop_at) {
  if (stop_at > 0) {
    if (const auto drawn = ValuesUntil(stop_at, observed, values, tail)) return static_cast<double>(stop_at) / *drawn;
  }
  const auto exceedances =
      std::count_if(values.begin(), values.end(), [&](double value) { return IsExceedance(observed, value, tail); });
  return (1.0 + static_cast<double>(exceedances)) / (1.0 + static_cast<double>(values.size()));
}

}  // namespace

std::optional<int> ValuesUntil(int exceedances, double observed, const std::vector<double>& values, Tail tail) {
  int reached = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (IsExceedance(observed, values[i], tail) && ++reached >= exceedances) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

NullTest TestAgainst(double observed, std::vector<double> values, Tail tail, int stop_at) {
  if (values.empty()) throw std::logic_error("a null model without samples tells nothing");
  const auto count = static_cast<double>(values.size());
  NullTest test;
  test.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() > 1) {
    double squares = 0;
    for (const double value : values) squares += (value - test.mean) * (value - test.mean);
    test.sd = std::sqrt(squares / (count - 1));
    // All the same: the mean's rounding is no spread.
    if (std::equal(values.begin() + 1, values.end(), values.begin())) test.sd = 0;
    if (*test.sd > 0) test.z = (observed - test.mean) / *test.sd;
  }
  test.p = PValue(observed, values, tail, stop_at);
  test.values = std::move(values);
  return test;
}

std::vector<double> AdjustForFalseDiscovery(const std::vector<double>& p) {
  const size_t count = p.size();
  std::vector<size_t> by_p(count);
  std::iota(by_p.begin(), by_p.end(), size_t{0});
  std::stable_sort(by_p.begin(), by_p.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(count);
  double least = 1;
  for (size_t rank = count; rank > 0; --rank) {
    const size_t test = by_p[rank - 1];
    least = std::min(least, p[test] * static_cast<double>(count) / static_cast<double>(rank));
    adjusted[test] = least;
  }
  return adjusted;
}

}  // namespace modlab
