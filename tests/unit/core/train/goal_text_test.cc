#include "core/train/goal_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace modlab {
namespace {

TEST(NamesLike, AreFewLettersAway) {
  EXPECT_EQ(NamesLike("y3", {"y1", "x3", "left", "y12"}), (std::vector<std::string>{"x3", "y1"}));
  EXPECT_EQ(NamesLike("lefft", {"left", "right"}), std::vector<std::string>{"left"});
  EXPECT_EQ(NamesLike("LEFT", {"left", "right"}), std::vector<std::string>{"left"});
  EXPECT_TRUE(NamesLike("a", {"b", "c"}).empty());
  EXPECT_TRUE(NamesLike("something", {"left", "right"}).empty());
}

TEST(GoalError, PointsIntoTheLine) {
  const Error error = GoalError("a +\n\tb*c", size_t{7}, "c is wrong.");
  EXPECT_STREQ(error.what(), "the goal is wrong at 2:4: c is wrong.\n   b*c\n     ^");
  EXPECT_EQ(error.kind(), ErrorKind::kGoalInvalid);
  EXPECT_EQ(error.metadata(), (std::map<std::string, std::string>{{"line", "2"}, {"column", "4"}}));
}

TEST(Enumerate, JoinsTheLastTwoByTheConjunction) {
  EXPECT_EQ(Enumerate({}, "and"), "");
  EXPECT_EQ(Enumerate({"a"}, "and"), "a");
  EXPECT_EQ(Enumerate({"a", "b", "c"}, "or"), "a, b or c");
}

}  // namespace
}  // namespace modlab
