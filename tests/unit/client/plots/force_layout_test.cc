#include "client/plots/force_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "client/plots/quad_tree.h"

namespace modlab::client::plots {
namespace {

double Distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

TEST(QuadTree, PushesAsAllPointsTogether) {
  std::vector<Point> points;
  std::vector<double> masses;
  for (int i = 0; i < 200; ++i) {
    points.push_back({std::sin(i * 1.7) * i, std::cos(i * 2.3) * i});
    masses.push_back(1 + i % 3);
  }
  points.push_back(points.front());  // two at one place
  masses.push_back(2);
  const QuadTree tree(points, masses);
  const Point place = {3, 400};
  Point all;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double squared = std::pow(Distance(place, points[i]), 2);
    all.x += masses[i] * (place.x - points[i].x) / squared;
    all.y += masses[i] * (place.y - points[i].y) / squared;
  }
  const Point exact = tree.Push(place, 0);
  EXPECT_NEAR(exact.x, all.x, 1e-9);
  EXPECT_NEAR(exact.y, all.y, 1e-9);
  const Point coarse = tree.Push(place, 1);
  EXPECT_NEAR(coarse.y, all.y, 0.02 * all.y);
  EXPECT_TRUE(std::isfinite(tree.Push(points.front(), 0.5).x));
}

TEST(ForceLayout, SeparatesWhatIsDenselyJoined) {
  ForceLayoutInput input;
  input.points = 60;
  for (int a = 0; a < 60; ++a) {
    input.labels.push_back(0);  // the start must not give it away
    for (int b = 0; b < a; ++b) {
      const bool same = a / 20 == b / 20;
      if (same ? (a + 2 * b) % 3 != 0 : (7 * a + b) % 60 == 0) input.springs.push_back({a, b, 1});
    }
  }
  const std::vector<Point> places = ForceLayout(input);
  ASSERT_EQ(places.size(), 60U);
  Point middles[3];
  for (std::size_t i = 0; i < 60; ++i) {
    middles[i / 20] = {middles[i / 20].x + places[i].x / 20, middles[i / 20].y + places[i].y / 20};
  }
  int nearest_own = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    const double own = Distance(places[i], middles[i / 20]);
    nearest_own +=
        own < Distance(places[i], middles[(i / 20 + 1) % 3]) && own < Distance(places[i], middles[(i / 20 + 2) % 3]);
  }
  EXPECT_GE(nearest_own, 57);
}

TEST(ForceLayout, TakesWhatIsDegenerate) {
  EXPECT_TRUE(ForceLayout({}).empty());
  for (const Point& place : ForceLayout({3, {}, {0, 0, -1}}))
    EXPECT_TRUE(std::isfinite(place.x) && std::isfinite(place.y));
  const auto pair = ForceLayout({2, {{0, 1, 1}, {0, 1, 1e-12}}, {0, 0}});
  EXPECT_GT(Distance(pair[0], pair[1]), 0);
}

TEST(PushApart, LeavesADistanceBetweenAll) {
  std::vector<Point> points(200, Point{5, 5});
  for (std::size_t i = 0; i < 100; ++i) points[i].x += static_cast<double>(i) * 0.01;
  PushApart(points, 4);
  double least = 1e9;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) least = std::min(least, Distance(points[i], points[j]));
  }
  EXPECT_GT(least, 2.5);
}

}  // namespace
}  // namespace modlab::client::plots
