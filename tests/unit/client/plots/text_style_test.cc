#include "client/plots/text_style.h"

#include <gtest/gtest.h>

namespace modlab::client::plots {
namespace {

TEST(TextWidth, GrowsWithTheText) {
  EXPECT_EQ(TextWidth("", TextStyle::kTick), 0);
  EXPECT_NEAR(TextWidth("0000", TextStyle::kTick), 4 * 0.64 * 11, 0.01);
  EXPECT_GT(TextWidth("W", TextStyle::kTick), TextWidth("i", TextStyle::kTick));
  EXPECT_GT(TextWidth("x", TextStyle::kStrong), TextWidth("x", TextStyle::kLabel)) << "bold";
}

TEST(WrappedText, BreaksAtSpacesAndWithinLongWords) {
  EXPECT_TRUE(WrappedText("", TextStyle::kLabel, 100).empty());
  EXPECT_EQ(WrappedText("one two", TextStyle::kLabel, 500), std::vector<std::string>{"one two"});
  for (const std::string& line : WrappedText("a few words that need several lines", TextStyle::kLabel, 80)) {
    EXPECT_LE(TextWidth(line, TextStyle::kLabel), 80) << line;
  }
  const auto lines = WrappedText(std::string(100, 'x'), TextStyle::kLabel, 80);
  EXPECT_GT(lines.size(), 5U);
  std::string joined;
  for (const std::string& line : lines) joined += line;
  EXPECT_EQ(joined, std::string(100, 'x'));
}

TEST(WrappedText, EndsWithDotsWhereThereWasMore) {
  const auto lines = WrappedText("one two three four five six", TextStyle::kLabel, 60, 2);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines.back().ends_with("…")) << lines.back();
  EXPECT_LE(TextWidth(lines.back(), TextStyle::kLabel), 60);
}

TEST(FittedText, CutsAtTheEndOrInFront) {
  EXPECT_EQ(FittedText("short", TextStyle::kTick, 100), "short");
  const std::string end = FittedText("features.denseblock1.conv", TextStyle::kTick, 80);
  EXPECT_TRUE(end.starts_with("featu") && end.ends_with("…")) << end;
  const std::string front = FittedInFront("features.denseblock1.conv", TextStyle::kTick, 80);
  EXPECT_TRUE(front.starts_with("…") && front.ends_with("1.conv")) << front;
  EXPECT_EQ(FittedInFront("features.conv", TextStyle::kTick, TextWidth("….conv", TextStyle::kTick)), "…conv")
      << "no separator behind the dots";
}

}  // namespace
}  // namespace modlab::client::plots
