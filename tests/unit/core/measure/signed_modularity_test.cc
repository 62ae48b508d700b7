#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "core/error.h"
#include "core/measure/measure.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

double Signed(const UnitGraph& graph, const std::vector<int>& labels, double resolution = 1) {
  RunContext context(2);
  return Modularity(graph, labels, graph.units(), Objective::kSigned, resolution, context);
}

double Newman(const UnitGraph& graph, const std::vector<int>& labels, double resolution = 1) {
  RunContext context;
  return Modularity(graph, labels, graph.units(), Objective::kNewman, resolution, context);
}

std::vector<int> RandomSignedLabels(int units, int clusters, uint64_t seed) {
  Random random(seed);
  std::vector<int> labels(units);
  for (int& label : labels) label = random.Index(clusters + 1) - 1;  // some units in no cluster
  return labels;
}

// Positive edges 3 and 4 inside the clusters: 2w+ = 14, Q+ = 1 - (6 / 14)^2 - (8 / 14)^2 = 96 / 196. Negative ones, 1
// and 2, between them: 2w- = 6, Q- = 0 - 1 / 4 - 1 / 4.
TEST(SignedModularity, ByHand) {
  const UnitGraph graph = test::Chain({{{3, -1}, {-2, 4}}});
  EXPECT_NEAR(Signed(graph, {0, 1, 0, 1}), (14 * 96. / 196 + 6 * .5) / 20, 1e-15);
  EXPECT_NEAR(Signed(graph, {0, 1, 0, 1}, .5), (14 * (1 - 50. / 196) + 6 * .25) / 20, 1e-15);
  // The other way round negative weights are inside, and Q+ = 0 - 1 / 4 - 1 / 4: each cluster has strengths 3 and 4.
  EXPECT_NEAR(Signed(graph, {0, 1, 1, 0}), (14 * -.5 - 6 * (1 - 4. / 36 - 16. / 36)) / 20, 1e-15);
  EXPECT_NEAR(Signed(graph, {0, 0, 0, 0}), 0, 1e-15);
}

TEST(SignedModularity, AgreesWithItsDefinition) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::SignedGraph(seed);
    const test::SignedAdjacency adjacency = test::DenseSignedAdjacency(graph);
    const std::vector<int> labels = RandomSignedLabels(graph.units(), 4, seed);
    for (const double resolution : {0.5, 1.0, 2.0}) {
      EXPECT_NEAR(Signed(graph, labels, resolution), test::SignedModularityOf(adjacency, labels, resolution), 1e-12);
    }
  }
}

TEST(SignedModularity, IsNewmansWithoutNegativeWeights) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::PlantedChain({20, 15, 10}, 3, 0.5, seed);
    const std::vector<int> labels = RandomSignedLabels(graph.units(), 4, seed);
    for (const double resolution : {0.5, 1.0, 2.0}) {
      EXPECT_EQ(Signed(graph, labels, resolution), Newman(graph, labels, resolution));
    }
  }
}

TEST(SignedModularity, IsMinusNewmansWithoutPositiveWeights) {
  const UnitGraph graph = test::Chain({{{-3, -1}, {-2, -4}}, {{-1, -.5}, {0, -2}}});
  EXPECT_EQ(Signed(graph, {0, 1, 0, 1, 0, 1}), -Newman(graph, {0, 1, 0, 1, 0, 1}));
}

TEST(SignedModularity, PermutedHiddenUnitsAndScaledWeightsChangeNothing) {
  const UnitGraph graph = test::RandomChain({64, 40, 30, 10}, 6);
  const std::vector<int> labels = RandomSignedLabels(graph.units(), 5, 6);
  const double before = Signed(graph, labels);
  for (const double factor : {1e-200, 0.3, 1e6}) {
    EXPECT_NEAR(Signed(test::Scaled(graph, factor), labels), before, 1e-12) << factor;
  }
  const test::Permuted permuted = test::PermuteHidden(graph, 7);
  std::vector<int> carried;
  for (const int unit : permuted.unit_of) carried.push_back(labels[unit]);
  EXPECT_NEAR(Signed(permuted.graph, carried), before, 1e-12);
}

TEST(SignedModularity, IsTheSameForAnyNumberOfThreads) {
  const UnitGraph graph = test::SignedGraph(5);
  const std::vector<int> labels = RandomSignedLabels(graph.units(), 5, 5);
  RunContext one;
  RunContext three(3);
  EXPECT_EQ(Modularity(graph, labels, 5, Objective::kSigned, 1, one),
            Modularity(graph, labels, 5, Objective::kSigned, 1, three));
}

TEST(SignedModularity, WhatIsWrongIsSaid) {
  RunContext context;
  const UnitGraph none = test::Chain({{{0, 0}, {0, 0}}});
  try {
    Modularity(none, {0, 0, 0, 0}, 1, Objective::kSigned, 1, context);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoEdges);
  }
  const UnitGraph graph = test::Chain({{{1, -1}, {1, 1}}});
  const ClusterSums sums = SumClusters(graph, {0, 0, 0, 0}, 1, context);
  EXPECT_THROW(Modularity(sums, Objective::kSigned), std::logic_error);
}

}  // namespace
}  // namespace modlab
