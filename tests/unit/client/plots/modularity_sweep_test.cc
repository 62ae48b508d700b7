#include <gtest/gtest.h>

#include <limits>

#include "client/plots/modularity_by_clusters.h"
#include "client/plots/modularity_by_resolution.h"
#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(ModularityByClusters, HasAPointForEachAndMarksTheBest) {
  const SvgReading svg(DrawModularityByClusters(SampleByClusters()));
  EXPECT_EQ(svg.CountWithClass("ml-point"), 30U) << "Q and n-cut";
  EXPECT_EQ(svg.CountWithClass("ml-best"), 2U);
  EXPECT_NE(svg.ShownText().find("k = 5, Q = 0.3"), std::string::npos) << svg.ShownText();
}

TEST(ModularityByClusters, MarksTheOneThatItIsTold) {
  ModularityByClustersPlot plot = SampleByClusters();
  plot.ncut.clear();
  plot.best = 7;
  const SvgReading svg(DrawModularityByClusters(plot));
  EXPECT_EQ(svg.CountWithClass("ml-point"), 15U);
  EXPECT_NE(svg.ShownText().find("k = 7, Q = 0.284"), std::string::npos) << svg.ShownText();
}

TEST(ModularityByClusters, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    ModularityByClustersPlot plot = SampleByClusters();
    spoil(plot);
    return Refusal([&] { DrawModularityByClusters(plot); });
  };
  EXPECT_EQ(refusal([](ModularityByClustersPlot& plot) { plot.clusters.clear(); }), "series 'Q' is empty");
  EXPECT_EQ(refusal([](ModularityByClustersPlot& plot) { plot.modularity[3] = kNan; }),
            "series 'Q', value[3] is not finite");
  EXPECT_EQ(refusal([](ModularityByClustersPlot& plot) { plot.ncut.pop_back(); }),
            "series 'n-cut' has not as many values as places");
  EXPECT_EQ(refusal([](ModularityByClustersPlot& plot) { plot.clusters[0] = 0; }), "the number of clusters is below 1");
  EXPECT_EQ(refusal([](ModularityByClustersPlot& plot) { plot.best = 99; }),
            "k = 99, to be marked, is not among those given");
}

TEST(ModularityByResolution, HasPointsAndPlateausInBothPanels) {
  const SvgReading svg(DrawModularityByResolution(SampleByResolution()));
  EXPECT_EQ(svg.CountWithClass("ml-point"), 60U);
  EXPECT_EQ(svg.CountWithClass("ml-plateau"), 6U);
  EXPECT_NE(svg.ShownText().find("2 clusters"), std::string::npos) << svg.ShownText();
}

TEST(ModularityByResolution, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    ModularityByResolutionPlot plot = SampleByResolution();
    spoil(plot);
    return Refusal([&] { DrawModularityByResolution(plot); });
  };
  EXPECT_EQ(refusal([](ModularityByResolutionPlot& plot) { plot.resolutions[0] = 0; }), "a resolution is not over 0");
  EXPECT_EQ(refusal([](ModularityByResolutionPlot& plot) { plot.clusters[3] = -1; }),
            "a number of clusters is negative");
  EXPECT_EQ(refusal([](ModularityByResolutionPlot& plot) { plot.plateaus[1].low = 0.3; }),
            "plateau 1 begins before the last one's end, or ends before it begins");
  EXPECT_EQ(refusal([](ModularityByResolutionPlot& plot) { plot.plateaus[0].high = kNan; }),
            "the end of plateau 0 is not finite");
}

}  // namespace
}  // namespace modlab::client::plots
