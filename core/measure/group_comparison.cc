#include "core/measure/group_comparison.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/random.h"

namespace modlab {
namespace {

constexpr double kMostDivisions = 20'000;
constexpr int kRandomDivisions = 9'999;

double Total(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// How many ways there are to choose `chosen` of `all`; infinite where too many to count.
double Ways(size_t all, size_t chosen) {
  double ways = 1;
  for (size_t i = 1; i <= chosen; ++i)
    ways = std::round(ways * static_cast<double>(all - chosen + i) / static_cast<double>(i));
  return ways;
}

/// The difference of means where the first group's values add up to `sum`.
class Divisions {
 public:
  Divisions(std::vector<double> values, size_t first)
      : values_(std::move(values)), first_(first), total_(Total(values_)) {
    double largest = 0;
    for (const double value : values_) largest = std::max(largest, std::abs(value));
    tolerance_ = 1e-12 * largest;
    observed_ = std::abs(Difference(std::accumulate(values_.begin(), values_.begin() + Offset(first_), 0.0)));
  }

  bool IsAsExtreme(double sum) const { return std::abs(Difference(sum)) >= observed_ - tolerance_; }

  /// The share of all divisions that are as extreme.
  double ExactShare() const {
    std::vector<bool> chosen(values_.size(), false);
    std::fill(chosen.begin(), chosen.begin() + Offset(first_), true);
    double divisions = 0;
    double extreme = 0;
    do {
      double sum = 0;
      for (size_t i = 0; i < values_.size(); ++i) sum += chosen[i] ? values_[i] : 0;
      ++divisions;
      if (IsAsExtreme(sum)) ++extreme;
    } while (std::prev_permutation(chosen.begin(), chosen.end()));
    return extreme / divisions;
  }

  double RandomShare(uint64_t seed) const {
    Random random(seed);
    std::vector<double> shuffled = values_;
    int extreme = 1;
    for (int division = 0; division < kRandomDivisions; ++division) {
      double sum = 0;
      for (size_t i = 0; i < first_; ++i) {
        const size_t other = i + random.Index(shuffled.size() - i);
        std::swap(shuffled[i], shuffled[other]);
        sum += shuffled[i];
      }
      if (IsAsExtreme(sum)) ++extreme;
    }
    return static_cast<double>(extreme) / (kRandomDivisions + 1);
  }

 private:
  static std::ptrdiff_t Offset(size_t count) { return static_cast<std::ptrdiff_t>(count); }
  double Difference(double sum) const {
    const auto first = static_cast<double>(first_);
    return sum / first - (total_ - sum) / (static_cast<double>(values_.size()) - first);
  }

  std::vector<double> values_;
  size_t first_;
  double total_;
  double tolerance_ = 0;
  double observed_ = 0;
};

}  // namespace

MeanInterval IntervalOfMean(const std::vector<double>& values, double confidence) {
  const auto count = static_cast<double>(values.size());
  MeanInterval interval;
  interval.mean = Total(values) / count;
  if (values.size() < 2) return interval;
  double squares = 0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  interval.sd = std::sqrt(squares / (count - 1));
  const boost::math::students_t distribution(count - 1);
  const double half = boost::math::quantile(distribution, 0.5 + confidence / 2) * *interval.sd / std::sqrt(count);
  interval.least = interval.mean - half;
  interval.most = interval.mean + half;
  return interval;
}

DifferenceTest TestDifferenceOfMeans(const std::vector<double>& first, const std::vector<double>& second,
                                     uint64_t seed) {
  DifferenceTest test;
  test.difference =
      Total(first) / static_cast<double>(first.size()) - Total(second) / static_cast<double>(second.size());
  std::vector<double> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const double ways = Ways(all.size(), first.size());
  const Divisions divisions(std::move(all), first.size());
  if (ways <= kMostDivisions) {
    test.p = divisions.ExactShare();
    // With as many values on either side, exchanging the groups is as extreme.
    test.least_p = std::min(1.0, (first.size() == second.size() ? 2 : 1) / ways);
  } else {
    test.p = divisions.RandomShare(seed);
    test.least_p = 1.0 / (kRandomDivisions + 1);
  }
  return test;
}

}  // namespace modlab
