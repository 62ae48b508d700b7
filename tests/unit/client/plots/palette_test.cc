#include "client/plots/palette.h"

#include <gtest/gtest.h>

#include <set>

#include "client/plots/style_sheet.h"

namespace modlab::client::plots {
namespace {

TEST(Palette, MarksStandOutFromBothBackgrounds) {
  for (const ThemedColour& colour : kClusterColours) {
    EXPECT_GE(ContrastRatio(colour.light, kBackground.light), 3) << colour.light;
    EXPECT_GE(ContrastRatio(colour.dark, kBackground.dark), 3) << colour.dark;
  }
  EXPECT_GE(ContrastRatio(kNeutral.light, kBackground.light), 3);
  EXPECT_GE(ContrastRatio(kNeutral.dark, kBackground.dark), 3);
}

TEST(Palette, TextCanBeReadOnBothBackgrounds) {
  EXPECT_NEAR(ContrastRatio("#000000", "#ffffff"), 21, 1e-9);
  for (const ThemedColour& colour : {kInk, kQuietInk}) {
    EXPECT_GE(ContrastRatio(colour.light, kBackground.light), 4.5);
    EXPECT_GE(ContrastRatio(colour.dark, kBackground.dark), 4.5);
    EXPECT_GE(ContrastRatio(colour.light, kShade.light), 4.5);
    EXPECT_GE(ContrastRatio(colour.dark, kShade.dark), 4.5);
  }
}

TEST(Palette, TextCanBeReadOnEveryClustersColour) {
  const auto best = [](std::string_view colour) {
    return std::max(ContrastRatio(colour, "#ffffff"), ContrastRatio(colour, "#000000"));
  };
  for (const ThemedColour& colour : kClusterColours) {
    EXPECT_GE(best(colour.light), 4.5) << colour.light;
    EXPECT_GE(best(colour.dark), 4.5) << colour.dark;
  }
  EXPECT_NE(StyleSheet().find(".ml-on0{fill:#ffffff}"), std::string::npos) << "white on blue";
}

TEST(Palette, ColoursDifferAndBeginAgain) {
  std::set<std::string_view> light;
  for (const ThemedColour& colour : kClusterColours) light.insert(colour.light);
  EXPECT_EQ(light.size(), kClusterColours.size());
  EXPECT_EQ(ClusterClass(0), "ml-k0");
  EXPECT_EQ(ClusterClass(32), "ml-k0");
  EXPECT_EQ(ClusterClass(-1), "ml-none");
  EXPECT_NE(StyleSheet().find(".ml-k31{"), std::string::npos);
}

TEST(Palette, HeatGoesOneWayFromTheBackground) {
  for (int level = 1; level < kHeatLevels; ++level) {
    EXPECT_GT(ContrastRatio(HeatColour(level, false), kBackground.light),
              ContrastRatio(HeatColour(level - 1, false), kBackground.light));
    EXPECT_GT(ContrastRatio(HeatColour(level, true), kBackground.dark),
              ContrastRatio(HeatColour(level - 1, true), kBackground.dark));
  }
}

TEST(StyleSheet, IsLightUnlessDarkIsAskedFor) {
  const std::string& sheet = StyleSheet();
  EXPECT_LT(sheet.find(".ml-background,.ml-hollow,.ml-plate{fill:#ffffff}"),
            sheet.find("@media (prefers-color-scheme:dark)"));
  EXPECT_GT(sheet.find(".ml-background,.ml-hollow,.ml-plate{fill:#14171c}"),
            sheet.find("@media (prefers-color-scheme:dark)"));
  EXPECT_EQ(sheet.find("var("), std::string::npos);
  EXPECT_EQ(sheet.find('<'), std::string::npos);
  EXPECT_EQ(sheet.find('&'), std::string::npos);
}

}  // namespace
}  // namespace modlab::client::plots
