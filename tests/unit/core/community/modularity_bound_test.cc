#include "core/community/modularity_bound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/community/leiden.h"
#include "core/measure/measure.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

/// The definition, for one partition.
double Value(const UnitGraph& graph, const Labelling& found, double resolution) {
  RunContext context;
  const ClusterSums sums = SumClusters(graph, found.labels, found.clusters, context);
  double value = 0;
  for (int cluster = 0; cluster < found.clusters; ++cluster) {
    for (const BlockSums& block : sums.blocks) {
      value += 2 * std::min(block.out_strength[cluster], block.in_strength[cluster]) / sums.total;
    }
    value -= resolution * (sums.volume[cluster] / sums.total) * (sums.volume[cluster] / sums.total);
  }
  return value;
}

TEST(ModularityStrengthBound, IsCloseToTheLargestOfAllPartitionsOfSmallGraphs) {
  for (const int seed : {1, 2, 3, 4}) {
    const UnitGraph graph = test::RandomChain({3, 3, 2}, seed);
    const int clusters = 2 + seed % 2;
    double largest = -1;
    Labelling partition{std::vector<int>(8, 0), clusters};
    int count = 1;
    for (int i = 0; i < 8; ++i) count *= clusters;
    for (int number = 0; number < count; ++number) {
      for (int unit = 0, rest = number; unit < 8; ++unit, rest /= clusters) partition.labels[unit] = rest % clusters;
      largest = std::max(largest, Value(graph, partition, 1));
    }
    RunContext context(2);
    const double bound = ModularityStrengthBound(graph, {test::CyclicLabels(8, clusters), clusters}, 1, 50, 1, context);
    EXPECT_LE(bound, largest + 1e-12);
    EXPECT_GE(bound, largest - 0.002);
  }
}

TEST(ModularityStrengthBound, IsAtLeastWhatWasFound) {
  for (const double resolution : {0.5, 1.0, 2.0}) {
    const UnitGraph graph = test::MixedGraph(3);
    RunContext context;
    LeidenClustering found = Leiden(graph, {.resolution = resolution}, context);
    EXPECT_GE(ModularityStrengthBound(graph, {found.labels, found.clusters}, resolution, 3, 1, context),
              found.modularity - 1e-12);
  }
}

TEST(ModularityStrengthBound, OfEqualPartsIsOneMinusOneOverTheirNumber) {
  std::vector<int> labels;
  const UnitGraph graph = test::PlantedChain({8, 8, 8}, 4, 0, 1, &labels);
  RunContext context;
  EXPECT_NEAR(ModularityStrengthBound(graph, {labels, 4}, 1, 5, 1, context), 0.75, 0.02);
}

}  // namespace
}  // namespace modlab
