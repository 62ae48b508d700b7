#include "core/graph/edges.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

using Listed = std::vector<std::tuple<int, int, int, double>>;

Listed List(const UnitGraph& graph) {
  RunContext context;
  Listed edges;
  ForEachEdge(graph, context,
              [&](const Edge& edge) { edges.emplace_back(edge.block, edge.source, edge.target, edge.weight); });
  return edges;
}

/// Two inputs, three hidden units, one output; the second block lies by column.
UnitGraph TwoBlocks() {
  UnitGraph graph;
  graph.AddGroup({"input", "input", 2});
  graph.AddGroup({"hidden", "linear", 3});
  graph.AddGroup({"out", "linear", 1});
  graph.AddBlock(OwnedBlock(0, 1, 2, 3, {1, 0, -2, .5, 0, 4}));
  Block turned = OwnedBlock(1, 2, 3, 1, {3, -1, 0});
  turned.target_stride = 1;
  turned.source_stride = 1;
  graph.AddBlock(turned);
  return graph;
}

TEST(Edges, AreListedFromTheirSourcesToTheirTargets) {
  EXPECT_EQ(List(TwoBlocks()),
            (Listed{{0, 0, 2, 1}, {0, 0, 3, 2}, {0, 1, 3, .5}, {0, 1, 4, 4}, {1, 2, 5, 3}, {1, 3, 5, 1}}));
}

TEST(Edges, OfABlockTurnedRoundKeepTheirDirection) {
  UnitGraph graph;
  graph.AddGroup({"input", "input", 2});
  graph.AddGroup({"out", "linear", 3});
  Block block = OwnedBlock(0, 1, 2, 3, {1, 2, 3, 4, 5, 6});  // [source][target]
  block.target_stride = 1;
  block.source_stride = 3;
  graph.AddBlock(block);
  EXPECT_EQ(List(graph), (Listed{{0, 0, 2, 1}, {0, 0, 3, 2}, {0, 0, 4, 3}, {0, 1, 2, 4}, {0, 1, 3, 5}, {0, 1, 4, 6}}));
}

TEST(Edges, OfAGroupedConvolutionAreThoseOfItsParts) {
  UnitGraph graph;
  graph.AddGroup({"input", "input", 4});
  graph.AddGroup({"conv", "conv2d", 2});
  Block block = OwnedBlock(0, 1, 2, 2, {1, 2, 3, 4});
  block.source_units = 4;
  block.convolution_groups = 2;
  graph.AddBlock(block);
  EXPECT_EQ(List(graph), (Listed{{0, 0, 4, 1}, {0, 1, 4, 2}, {0, 2, 5, 3}, {0, 3, 5, 4}}));
}

TEST(ThresholdOfHeaviest, LeavesTheHeaviestAndTies) {
  RunContext context;
  const auto left = [&](int64_t top) {
    UnitGraph graph = TwoBlocks();
    graph.RaiseThreshold(ThresholdOfHeaviest(graph, top, context));
    return List(graph).size();
  };
  EXPECT_EQ(left(1), 1);
  EXPECT_EQ(left(3), 3);
  EXPECT_EQ(left(4), 5);  // two weights are 1
  EXPECT_EQ(left(6), 6);
  EXPECT_EQ(left(100), 6);
}

TEST(ThresholdOfHeaviest, NeverLowersAThreshold) {
  UnitGraph graph = TwoBlocks();
  graph.RaiseThreshold(2);
  graph.RaiseThreshold(0.1);
  EXPECT_EQ(List(graph).size(), 2);
}

TEST(Edges, CanBeCancelled) {
  RunContext context;
  context.Cancel();
  EXPECT_THROW(ForEachEdge(TwoBlocks(), context, [](const Edge&) {}), Cancelled);
}

}  // namespace
}  // namespace modlab
