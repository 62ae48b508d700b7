#include "client/plots/label_spread.h"

#include <gtest/gtest.h>

namespace modlab::client::plots {
namespace {

TEST(SpreadLabels, LeavesThoseWithRoomWhereTheyAre) {
  EXPECT_EQ(SpreadLabels({10, 40, 90}, 14, 0, 100), (std::vector<double>{10, 40, 90}));
  EXPECT_TRUE(SpreadLabels({}, 14, 0, 100).empty());
}

TEST(SpreadLabels, MovesThoseThatTouchApartAboutTheirMiddle) {
  EXPECT_EQ(SpreadLabels({50, 52, 54}, 10, 0, 100), (std::vector<double>{42, 52, 62}));
  EXPECT_EQ(SpreadLabels({1, 2}, 10, 0, 100), (std::vector<double>{0, 10})) << "no farther than the end";
  EXPECT_EQ(SpreadLabels({99, 100}, 10, 0, 100), (std::vector<double>{90, 100}));
}

TEST(SpreadLabels, SharesWhatRoomThereIs) {
  const auto places = SpreadLabels(std::vector<double>(11, 50), 30, 0, 100);
  for (std::size_t i = 0; i < places.size(); ++i) EXPECT_NEAR(places[i], 10.0 * static_cast<double>(i), 1e-9);
}

}  // namespace
}  // namespace modlab::client::plots
