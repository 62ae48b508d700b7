#include "client/plots/group_comparison.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

TEST(GroupComparison, HasADotForEachValueAndAnIntervalForEachGroup) {
  const SvgReading svg(DrawGroupComparison(SampleComparison(4, 3, 12)));
  EXPECT_EQ(svg.CountWithClass("ml-value"), 4U * 3 * 12);
  EXPECT_EQ(svg.CountWithClass("ml-mean"), 12U);
  EXPECT_EQ(svg.CountWithClass("ml-interval"), 12U);
  EXPECT_EQ(svg.CountWithClass("ml-zero"), 3U) << "a line at 0 in each panel";
}

TEST(GroupComparison, IntervalsAreThoseThatAreGiven) {
  GroupComparisonPlot plot = SampleComparison(1, 1, 3);
  plot.groups[0].measures[0] = {{1, 2, 3}, 2, MeanInterval{1.25, 2.5}};
  plot.confidence = 0.8;
  const SvgReading svg(DrawGroupComparison(plot));
  EXPECT_NE(svg.Named("desc").front().text.find("2 [1.25, 2.5]."), std::string::npos) << svg.Named("desc").front().text;
  EXPECT_NE(svg.ShownText().find("mean and its 80% interval"), std::string::npos) << svg.ShownText();
  const double mean = svg.WithClass("ml-mean").at(0).Number("cx");
  const SvgElement interval = svg.WithClass("ml-interval").at(0);
  EXPECT_NEAR((mean - interval.Number("x1")) / (interval.Number("x2") - mean), 0.75 / 0.5, 0.02);
}

TEST(GroupComparison, ASingleValueHasNoInterval) {
  const SvgReading svg(DrawGroupComparison(SampleComparison(2, 1, 1)));
  EXPECT_EQ(svg.CountWithClass("ml-value"), 2U);
  EXPECT_EQ(svg.CountWithClass("ml-mean"), 0U);
  EXPECT_EQ(svg.ShownText().find("%"), std::string::npos);
}

TEST(GroupComparison, SaysWhatWasNotMeasured) {
  GroupComparisonPlot plot = SampleComparison(3, 2, 4);
  plot.groups[1].measures[0] = {};
  EXPECT_NE(SvgReading(DrawGroupComparison(plot)).ShownText().find("no values"), std::string::npos);
}

TEST(GroupComparison, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    GroupComparisonPlot plot = SampleComparison(2, 2, 3);
    spoil(plot);
    return Refusal([&] { DrawGroupComparison(plot); });
  };
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) { plot.groups.clear(); }), "there are no groups to compare");
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) { plot.measures.clear(); }),
            "there is nothing to compare the groups by");
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) { plot.groups[1].measures.pop_back(); }),
            "group 'group 1' has values for 1 measures of 2");
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) {
              plot.groups[1].measures[0].values[2] = std::numeric_limits<double>::infinity();
            }),
            "value of group 'group 1'[2] is not finite");
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) { plot.groups[1].measures[0].interval->most = -1; }),
            "group 'group 1' has a mean of 0.1 outside its interval, 0.08 to -1");
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) { plot.confidence = 1; }), "1 is no confidence of intervals");
  EXPECT_EQ(refusal([](GroupComparisonPlot& plot) {
              for (ComparedGroup& group : plot.groups) group.measures = {{}, {}};
            }),
            "no group has any value");
}

}  // namespace
}  // namespace modlab::client::plots
