#include "core/measure/random_pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

/// Places of a pattern, row by row.
std::vector<int> PlacesOf(const SparsePattern& pattern, int columns) {
  std::vector<int> places;
  for (int row = 0; row < pattern.rows(); ++row) {
    for (int i = pattern.starts[row]; i < pattern.starts[row + 1]; ++i) {
      places.push_back(row * columns + pattern.columns[i]);
    }
  }
  return places;
}

TEST(DrawPattern, HasSoManyPlacesInOrder) {
  const RunContext context;
  Random random(1);
  for (const int count : {0, 1, 7, 149, 150, 151, 299, 300}) {
    const SparsePattern pattern = DrawPattern(15, 20, count, random, context);
    ASSERT_EQ(pattern.rows(), 15);
    const std::vector<int> places = PlacesOf(pattern, 20);
    EXPECT_EQ(static_cast<int>(places.size()), count);
    EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
    EXPECT_EQ(std::adjacent_find(places.begin(), places.end()), places.end());
    for (const int column : pattern.columns) EXPECT_TRUE(column >= 0 && column < 20);
  }
}

// Chi-squared over all sets: of 15 (two of six places) and of 15 (four of six), 14 degrees of freedom; 36.1 is exceeded
// once in a thousand times.
TEST(DrawPattern, DrawsEverySetAsOften) {
  const RunContext context;
  Random random(3);
  for (const int count : {2, 4}) {
    std::map<std::vector<int>, int> found;
    constexpr int draws = 15'000;
    for (int i = 0; i < draws; ++i) ++found[PlacesOf(DrawPattern(2, 3, count, random, context), 3)];
    ASSERT_EQ(found.size(), 15U);
    double chi_squared = 0;
    for (const auto& [places, times] : found) chi_squared += (times - 1000.0) * (times - 1000.0) / 1000.0;
    EXPECT_LT(chi_squared, 36.1) << count;
  }
}

TEST(DrawPattern, LeavesWhenItIsCancelled) {
  RunContext context;
  context.Cancel();
  Random random(1);
  EXPECT_THROW(DrawPattern(10, 10, 5, random, context), Cancelled);
}

}  // namespace
}  // namespace modlab
