#include "core/measure/significance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/random.h"

namespace modlab {
namespace {

TEST(TestAgainst, CountsTiesAgainstTheFinding) {
  EXPECT_DOUBLE_EQ(TestAgainst(3, {1, 2, 3, 4}, Tail::kUpper).p, 3.0 / 5);
  EXPECT_DOUBLE_EQ(TestAgainst(3, {1, 2, 3, 4}, Tail::kLower).p, 4.0 / 5);
  EXPECT_DOUBLE_EQ(TestAgainst(9, {1, 2, 3, 4}, Tail::kUpper).p, 1.0 / 5);
  EXPECT_DOUBLE_EQ(TestAgainst(0, {1, 2, 3, 4}, Tail::kLower).p, 1.0 / 5);
}

TEST(TestAgainst, GivesMeanAndSampleDeviation) {
  const NullTest test = TestAgainst(5, {1, 2, 3, 4}, Tail::kUpper);
  EXPECT_DOUBLE_EQ(test.mean, 2.5);
  EXPECT_DOUBLE_EQ(test.sd.value(), std::sqrt(5.0 / 3));
  EXPECT_DOUBLE_EQ(test.z.value(), 2.5 / std::sqrt(5.0 / 3));
  EXPECT_EQ(test.values, (std::vector<double>{1, 2, 3, 4}));
}

TEST(TestAgainst, HasNoZWithoutSpread) {
  EXPECT_FALSE(TestAgainst(1, {0.1, 0.1, 0.1}, Tail::kUpper).z);
  EXPECT_EQ(TestAgainst(1, {0.1, 0.1, 0.1}, Tail::kUpper).sd, 0);
  EXPECT_FALSE(TestAgainst(1, {0.1}, Tail::kUpper).sd);
  EXPECT_THROW(TestAgainst(1, {}, Tail::kUpper), std::logic_error);
}

TEST(TestAgainst, StopsAsBesagAndCliffordDo) {
  const std::vector<double> values = {0, 5, 0, 6, 0, 7};
  EXPECT_DOUBLE_EQ(TestAgainst(5, values, Tail::kUpper, 2).p, 2.0 / 4);
  EXPECT_DOUBLE_EQ(TestAgainst(5, values, Tail::kUpper, 4).p, 4.0 / 7);  // never reached: all of them
  EXPECT_EQ(ValuesUntil(2, 5, values, Tail::kUpper), 4);
  EXPECT_FALSE(ValuesUntil(4, 5, values, Tail::kUpper));
}

/// P(p <= alpha) <= alpha for an observation that comes from the null, and about alpha.
void ExpectValid(int stop_at) {
  Random random(7);
  constexpr int repeats = 4000;
  std::vector<double> p;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    std::vector<double> values(99);
    for (double& value : values) value = random.Uniform();
    p.push_back(TestAgainst(random.Uniform(), values, Tail::kUpper, stop_at).p);
  }
  for (const double alpha : {0.05, 0.1, 0.2, 0.5}) {
    const auto below = std::count_if(p.begin(), p.end(), [&](double value) { return value <= alpha + 1e-12; });
    EXPECT_NEAR(static_cast<double>(below) / repeats, alpha, 4 * std::sqrt(alpha * (1 - alpha) / repeats)) << alpha;
  }
}

TEST(TestAgainst, PIsUniformUnderTheNull) { ExpectValid(0); }
TEST(TestAgainst, PIsUniformUnderTheNullWhenStopped) { ExpectValid(10); }

TEST(AdjustForFalseDiscovery, GivesTheTextbooksValues) {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.5), "BH")
  const std::vector<double> adjusted = AdjustForFalseDiscovery({0.01, 0.04, 0.03, 0.005, 0.5});
  const std::vector<double> expected = {0.025, 0.05, 0.05, 0.025, 0.5};
  ASSERT_EQ(adjusted.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15) << i;
  EXPECT_TRUE(AdjustForFalseDiscovery({}).empty());
  EXPECT_EQ(AdjustForFalseDiscovery({0.3}), std::vector<double>{0.3});
}

TEST(AdjustForFalseDiscovery, RejectsWhatTheStepUpProcedureRejects) {
  Random random(3);
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::vector<double> p(1 + random.Index(30));
    for (double& value : p) value = random.Uniform() * random.Uniform();
    const std::vector<double> adjusted = AdjustForFalseDiscovery(p);
    const double q = 0.2;
    std::vector<double> sorted = p;
    std::sort(sorted.begin(), sorted.end());
    double threshold = -1;
    for (size_t rank = 1; rank <= sorted.size(); ++rank) {
      if (sorted[rank - 1] <= q * static_cast<double>(rank) / static_cast<double>(p.size())) {
        threshold = sorted[rank - 1];
      }
    }
    for (size_t i = 0; i < p.size(); ++i) EXPECT_EQ(adjusted[i] <= q, p[i] <= threshold) << repeat;
  }
}

}  // namespace
}  // namespace modlab
