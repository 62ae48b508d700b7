#include "client/plots/layer_column.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace modlab::client::plots {
namespace {

const ColumnRoom kRoom = {400, 18, 5, 150};

TEST(LayerColumn, PutsUnitsOfAClusterTogetherThoseOfNoneLast) {
  const LayerColumn column = PlacedColumn({1, -1, 0, 1, 0}, kRoom);
  EXPECT_FALSE(column.as_bars);
  std::vector<int> order = {0, 1, 2, 3, 4};
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return column.unit_y[static_cast<std::size_t>(a)] < column.unit_y[static_cast<std::size_t>(b)];
  });
  EXPECT_EQ(order, (std::vector<int>{2, 4, 0, 3, 1}));
  ASSERT_EQ(column.segments.size(), 3U);
  EXPECT_EQ(column.segments[2].label, -1);
  EXPECT_NEAR(column.segments.front().top, -column.segments.back().bottom, 1e-9) << "about the middle";
}

TEST(LayerColumn, DotsShrinkButDoNotTouch) {
  const LayerColumn column = PlacedColumn(std::vector<int>(150, 0), kRoom);
  EXPECT_FALSE(column.as_bars);
  EXPECT_GE(column.dot_radius, 1);
  EXPECT_LT(2 * column.dot_radius, column.unit_y[1] - column.unit_y[0]);
  EXPECT_LE(column.segments.back().bottom, 200 + 1e-9);
}

TEST(LayerColumn, BarsShareTheHeight) {
  std::vector<int> labels(300, 0);
  std::fill_n(labels.begin(), 100, 1);
  const LayerColumn column = PlacedColumn(labels, kRoom);
  ASSERT_TRUE(column.as_bars);
  ASSERT_EQ(column.segments.size(), 2U);
  const auto height = [&](std::size_t i) { return column.segments[i].bottom - column.segments[i].top; };
  EXPECT_NEAR(height(0), 2 * height(1), 1e-9);
  EXPECT_EQ(column.segments[1].units, 100);
  EXPECT_NEAR(column.segments[1].bottom, 200, 1e-9);
  EXPECT_GT(column.unit_y[0], column.segments[1].top);
  EXPECT_LT(column.unit_y[99], column.segments[1].bottom);
}

TEST(LayerColumn, ASmallClustersBarHasRoomForItsNumber) {
  std::vector<int> labels(3000, 0);
  labels[7] = 1;
  const LayerColumn column = PlacedColumn(labels, kRoom);
  EXPECT_GE(column.segments[1].bottom - column.segments[1].top, 13);
  std::vector<int> all_apart(3000);
  for (int i = 0; i < 3000; ++i) all_apart[static_cast<std::size_t>(i)] = i;
  const LayerColumn thin = PlacedColumn(all_apart, kRoom);
  EXPECT_EQ(thin.segments.size(), 3000U);
  EXPECT_LE(thin.segments.back().bottom, 200 + 1e-6);
}

}  // namespace
}  // namespace modlab::client::plots
