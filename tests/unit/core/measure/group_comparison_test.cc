#include "core/measure/group_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.h"

namespace modlab {
namespace {

TEST(IntervalOfMean, IsStudents) {
  // scipy.stats.t.interval(0.95, 4, loc=3, scale=scipy.stats.sem([1, 2, 3, 4, 5])).
  const MeanInterval interval = IntervalOfMean({1, 2, 3, 4, 5}, 0.95);
  EXPECT_DOUBLE_EQ(interval.mean, 3);
  EXPECT_NEAR(*interval.sd, std::sqrt(2.5), 1e-12);
  EXPECT_NEAR(*interval.least, 1.0367568385224393, 1e-9);
  EXPECT_NEAR(*interval.most, 4.9632431614775605, 1e-9);
}

TEST(IntervalOfMean, OfOneValueThereIsNone) {
  const MeanInterval interval = IntervalOfMean({0.25}, 0.95);
  EXPECT_EQ(interval.mean, 0.25);
  EXPECT_FALSE(interval.sd || interval.least || interval.most);
}

TEST(IntervalOfMean, CoversAsOftenAsItSays) {
  Random random(1);
  int covers = 0;
  constexpr int samples = 4000;
  for (int i = 0; i < samples; ++i) {
    std::vector<double> values;
    for (int j = 0; j < 6; ++j) {  // a sum of uniform numbers is close to normal
      double sum = 0;
      for (int k = 0; k < 12; ++k) sum += random.Uniform();
      values.push_back(sum - 6);
    }
    const MeanInterval interval = IntervalOfMean(values, 0.9);
    covers += *interval.least <= 0 && 0 <= *interval.most ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(covers) / samples, 0.9, 0.02);
}

TEST(TestDifferenceOfMeans, CountsDivisionsThatAreAsExtreme) {
  // Of the 20 divisions, the observed one and its mirror image are the most extreme.
  DifferenceTest test = TestDifferenceOfMeans({7, 8, 9}, {1, 2, 3}, 0);
  EXPECT_DOUBLE_EQ(test.difference, 6);
  EXPECT_DOUBLE_EQ(test.p, 0.1);
  EXPECT_DOUBLE_EQ(test.least_p, 0.1);
  test = TestDifferenceOfMeans({1, 2, 3}, {1, 2, 3}, 0);
  EXPECT_DOUBLE_EQ(test.p, 1);
  // Of 4 divisions into one and three, one.
  test = TestDifferenceOfMeans({9}, {1, 2, 3}, 0);
  EXPECT_DOUBLE_EQ(test.p, 0.25);
  EXPECT_DOUBLE_EQ(test.least_p, 0.25);
}

TEST(TestDifferenceOfMeans, EqualValuesTellNothing) {
  const DifferenceTest test = TestDifferenceOfMeans({0.1, 0.1, 0.1}, {0.1, 0.1}, 0);
  EXPECT_NEAR(test.difference, 0, 1e-15);
  EXPECT_DOUBLE_EQ(test.p, 1);
}

TEST(TestDifferenceOfMeans, RandomDivisionsAgreeWithAllOfThem) {
  // 18 choose 9 are 48,620, too many to try all here; the exact share is counted below.
  std::vector<double> first;
  std::vector<double> second;
  Random random(3);
  for (int i = 0; i < 9; ++i) {
    first.push_back(random.Uniform() + 0.25);
    second.push_back(random.Uniform());
  }
  std::vector<double> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const double total = std::accumulate(all.begin(), all.end(), 0.0);
  const double observed = std::abs(2 * std::accumulate(first.begin(), first.end(), 0.0) - total);
  int extreme = 0;
  int divisions = 0;
  for (unsigned chosen = 0; chosen < 1U << 18; ++chosen) {
    if (__builtin_popcount(chosen) != 9) continue;
    double sum = 0;
    for (int i = 0; i < 18; ++i) sum += (chosen >> i & 1U) != 0 ? all[static_cast<size_t>(i)] : 0;
    ++divisions;
    extreme += std::abs(2 * sum - total) >= observed - 1e-12 ? 1 : 0;
  }
  const DifferenceTest test = TestDifferenceOfMeans(first, second, 5);
  EXPECT_NEAR(test.p, static_cast<double>(extreme) / divisions, 0.02);
  EXPECT_EQ(test.p, TestDifferenceOfMeans(first, second, 5).p);
  EXPECT_DOUBLE_EQ(test.least_p, 1e-4);
}

}  // namespace
}  // namespace modlab
