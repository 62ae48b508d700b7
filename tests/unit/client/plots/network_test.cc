#include "client/plots/network.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "client/plots/force_directed_network.h"
#include "client/plots/layered_network.h"
#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

std::size_t CountInEdges(const SvgReading& svg) {
  std::size_t count = 0;
  for (const SvgElement& element : svg.elements()) count += element.attributes.count("stroke-opacity");
  return count;
}

TEST(LayeredNetwork, HasADotForEachUnitAndALineForEachEdge) {
  NetworkPlot plot = SampleNetwork({8, 6, 2}, 3);
  plot.labels[0] = -1;
  const SvgReading svg(DrawLayeredNetwork(plot));
  EXPECT_EQ(svg.CountWithClass("ml-unit"), 16U);
  EXPECT_EQ(CountInEdges(svg), plot.edges.size());
  EXPECT_EQ(svg.CountWithClass("ml-bar"), 0U);
  EXPECT_NE(svg.ShownText().find("in no cluster · 1"), std::string::npos);
  EXPECT_NE(svg.ShownText().find("Lines: all 60 edges"), std::string::npos) << svg.ShownText();
}

TEST(LayeredNetwork, LargeLayersAreBarsWithTheirNumbers) {
  const NetworkPlot plot = SampleNetwork({600, 10}, 3, 7);
  const SvgReading svg(DrawLayeredNetwork(plot));
  EXPECT_EQ(svg.CountWithClass("ml-bar"), 3U);
  EXPECT_EQ(svg.CountWithClass("ml-unit"), 10U);
  EXPECT_EQ(CountInEdges(svg), plot.edges.size());
  EXPECT_EQ(svg.CountWithClass("ml-on0"), 1U);
  EXPECT_EQ(svg.WithClass("ml-on0").front().text, "200");
  EXPECT_NE(svg.ShownText().find("the 858 strongest of 6,000"), std::string::npos) << svg.ShownText();
}

TEST(LayeredNetwork, EdgesWithinAClusterHaveItsColour) {
  NetworkPlot plot = SampleNetwork({2, 2}, 2);
  plot.edges = {{0, 2, 1}, {1, 2, 0.5}};
  const SvgReading svg(DrawLayeredNetwork(plot));
  EXPECT_EQ(svg.WithClass("ml-edges").size(), 2U);
  EXPECT_TRUE(svg.WithClass("ml-edges")[0].HasClass("ml-none"));
  EXPECT_TRUE(svg.WithClass("ml-edges")[1].HasClass("ml-k0"));
}

TEST(LayeredNetwork, StrongerEdgesAreWiderAndLessTransparent) {
  const EdgeStroke weak = StrokeOf(0.1, 1, 100);
  const EdgeStroke strong = StrokeOf(1, 1, 100);
  EXPECT_LT(weak.width, strong.width);
  EXPECT_LT(weak.opacity, strong.opacity);
  EXPECT_NEAR(strong.opacity, 0.9, 1e-9);
  EXPECT_GT(StrokeOf(0, 0, 1).width, 0) << "all weights 0";
}

TEST(LayeredNetwork, IsDrawnWithoutEdges) {
  NetworkPlot plot = SampleNetwork({3, 2}, 1);
  plot.edges.clear();
  plot.total_edges = 0;
  EXPECT_NE(DrawLayeredNetwork(plot).find("no edges"), std::string::npos);
}

TEST(ForceDirectedNetwork, LeavesOutUnitsWithoutEdges) {
  NetworkPlot plot = SampleNetwork({8, 6, 2}, 3);
  plot.edges = {{0, 8, 1}, {1, 8, 0.5}, {8, 14, 0.25}};
  const SvgReading svg(DrawForceDirectedNetwork(plot));
  EXPECT_EQ(svg.CountWithClass("ml-unit"), 4U);
  EXPECT_EQ(CountInEdges(svg), 3U);
  EXPECT_NE(svg.ShownText().find("12 units without any"), std::string::npos) << svg.ShownText();
}

TEST(ForceDirectedNetwork, MarksTellLayersApart) {
  const SvgReading svg(DrawForceDirectedNetwork(SampleNetwork({8, 6, 2}, 3)));
  std::map<std::string, int> shapes;
  for (const SvgElement& element : svg.WithClass("ml-unit")) ++shapes[element.name];
  EXPECT_EQ(shapes, (std::map<std::string, int>{{"circle", 6}, {"path", 2}, {"rect", 8}}));
}

TEST(ForceDirectedNetwork, DrawsThousandsOfUnitsSoon) {
  const NetworkPlot plot = SampleNetwork({1500, 1000, 500}, 16, 500);
  ASSERT_EQ(plot.labels.size(), 3000U);
  ASSERT_EQ(plot.edges.size(), 4000U);
  const auto before = std::chrono::steady_clock::now();
  DrawForceDirectedNetwork(plot);
  // Far more than it needs, for sanitizers and busy machines.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
}

TEST(Network, HostileNamesAreText) {
  NetworkPlot plot = SampleNetwork({3, 2}, 2);
  plot.groups[0].name = "<script>alert(1)</script>";
  plot.groups[1].name = "a\"b'c&d\x01\xff";
  for (const std::string& document : {DrawLayeredNetwork(plot), DrawForceDirectedNetwork(plot)}) {
    EXPECT_EQ(document.find("<script"), std::string::npos);
    EXPECT_NE(SvgReading(document).ShownText().find("a\"b'c&d\uFFFD\uFFFD"), std::string::npos);
  }
}

TEST(Network, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    NetworkPlot plot = SampleNetwork({3, 2}, 2);
    spoil(plot);
    std::string layered = Refusal([&] { DrawLayeredNetwork(plot); });
    EXPECT_EQ(Refusal([&] { DrawForceDirectedNetwork(plot); }), layered);
    return layered;
  };
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.groups.clear(); }), "the network has no groups of units");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.groups[1].units = 0; }), "group 'layer1' has 0 units");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.labels.pop_back(); }), "there are 4 labels for 5 units");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.labels[2] = -2; }), "the label of unit 2 is -2");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.edges[1].target = 5; }),
            "edge 1 joins 0 and 5, but there are 5 units");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.edges[1].weight = std::numeric_limits<double>::quiet_NaN(); }),
            "the weight of edge 1 is not finite");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.edges[1].weight = 1e200; }),
            "the weight of edge 1 is too large to draw");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.edges[0].weight = -1; }), "the weight of edge 0 is negative");
  EXPECT_EQ(refusal([](NetworkPlot& plot) { plot.total_edges = 5; }), "6 edges are given, but the network has 5");
  NetworkPlot without = SampleNetwork({3, 2}, 2);
  without.edges.clear();
  EXPECT_EQ(Refusal([&] { DrawForceDirectedNetwork(without); }), "a force-directed drawing needs edges");
}

}  // namespace
}  // namespace modlab::client::plots
