#include "client/plots/series_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace modlab::client::plots {
namespace {

TEST(ThinnedPoints, KeepWhatIsExtremeInEveryColumn) {
  std::vector<Point> points;
  for (int i = 0; i < 5000; ++i) points.push_back({i * 0.1, std::sin(i * 0.7) * 100 + (i == 2345 ? 1000 : 0)});
  const std::vector<Point> thinned = ThinnedPoints(points);
  EXPECT_LE(thinned.size(), 2000U);
  for (double column = 0; column < 500; ++column) {
    const auto extremes = [&](const std::vector<Point>& among) {
      double least = 1e9;
      double most = -1e9;
      for (const Point& point : among) {
        if (std::floor(point.x) != column) continue;
        least = std::min(least, point.y);
        most = std::max(most, point.y);
      }
      return std::pair(least, most);
    };
    EXPECT_EQ(extremes(thinned), extremes(points)) << column;
  }
  EXPECT_TRUE(std::is_sorted(thinned.begin(), thinned.end(), [](const Point& a, const Point& b) { return a.x < b.x; }));
  EXPECT_EQ(thinned.front().x, points.front().x);
  EXPECT_EQ(thinned.back().x, points.back().x);
}

TEST(ThinnedPoints, LeaveFewAsTheyAre) {
  const std::vector<Point> points = {{0, 1}, {3, 2}, {6, 1}};
  EXPECT_EQ(ThinnedPoints(points).size(), 3U);
  EXPECT_TRUE(ThinnedPoints({}).empty());
}

}  // namespace
}  // namespace modlab::client::plots
