#include "core/measure/measure.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

struct Measures {
  double modularity;
  double ncut;
  double directed;
  double layer_pair;
};

Measures Measure(const UnitGraph& graph, const std::vector<int>& labels, int clusters) {
  RunContext context;
  const ClusterSums sums = SumClusters(graph, labels, clusters, context);
  return {.modularity = NewmanModularity(sums),
          .ncut = NormalizedCut(sums),
          .directed = DirectedModularity(sums),
          .layer_pair = LayerPairModularity(sums)};
}

std::vector<int> RandomLabels(int units, int clusters, uint64_t seed) {
  Random random(seed);
  std::vector<int> labels(units);
  for (int& label : labels) label = random.Index(clusters + 1) - 1;  // some units in no cluster
  return labels;
}

// definitions.md, section 13.
TEST(Measure, OracleOfTwoWeakCrossConnections) {
  const UnitGraph graph = test::Chain({{{12, -1.3}, {0, 7.4}}, {{-8.9, .15}, {.23, -5.7}}});
  const Measures measures = Measure(graph, {0, 1, 0, 1, 0, 1}, 2);
  EXPECT_NEAR(measures.ncut, 0.0988967041, 1e-10);
  EXPECT_NEAR(measures.modularity, 0.4290196616, 1e-10);
}

TEST(Measure, OracleOfAllOnes) {
  const UnitGraph small = test::Chain({{{1, 1}, {1, 1}}, {{1, 1}, {1, 1}}});
  const Measures two = Measure(small, {0, 1, 0, 1, 0, 1}, 2);
  EXPECT_NEAR(two.ncut, 1, 1e-12);
  EXPECT_NEAR(two.modularity, 0, 1e-12);

  const test::Layer ones(6, std::vector<double>(6, 1.0));
  const Measures three = Measure(test::Chain({ones, ones}), test::CyclicLabels(18, 3), 3);
  EXPECT_NEAR(three.ncut, 2, 1e-12);
  EXPECT_NEAR(three.modularity, 0, 1e-12);
  EXPECT_NEAR(AverageInOut(three.ncut, 3).value(), .25, 1e-12);
}

TEST(Measure, OracleOfUnconnectedChains) {
  const UnitGraph graph = test::Chain({{{2, 0}, {0, 2}}, {{3, 0}, {0, 3}}});
  const Measures measures = Measure(graph, {0, 1, 0, 1, 0, 1}, 2);
  EXPECT_EQ(measures.ncut, 0);
  EXPECT_NEAR(measures.modularity, .5, 1e-12);
  EXPECT_EQ(AverageInOut(measures.ncut, 2), std::nullopt);
}

// definitions.md, section 3, without normalisation.
TEST(Measure, OracleOfHiddenUnitScaling) {
  const std::vector<int> labels{0, 1, 0, 1, 0, 1};
  const Measures raw = Measure(test::Chain({{{1, 2}, {3, 4}}, {{1, .5}, {.25, 2}}}), labels, 2);
  EXPECT_NEAR(raw.ncut, .913687, 5e-7);
  EXPECT_NEAR(raw.modularity, .039504, 5e-7);
  const Measures scaled = Measure(test::Chain({{{10, 2}, {30, 4}}, {{.1, .05}, {.25, 2}}}), labels, 2);
  EXPECT_NEAR(scaled.ncut, 1.344358, 5e-7);
  EXPECT_NEAR(scaled.modularity, -.170943, 5e-7);
}

TEST(Measure, EqualUnconnectedPartsHaveModularityOneMinusOneOverTheirNumber) {
  for (const int parts : {1, 2, 5, 8}) {
    test::Layer layer(parts, std::vector<double>(parts, 0.0));
    for (int part = 0; part < parts; ++part) layer[part][part] = 1.7;
    const Measures measures = Measure(test::Chain({layer, layer}), test::CyclicLabels(3 * parts, parts), parts);
    EXPECT_NEAR(measures.modularity, 1 - 1.0 / parts, 1e-12);
  }
}

TEST(SumClusters, AgreesWithTheDenseAdjacency) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::MixedGraph(seed);
    const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
    const int clusters = 4;
    const std::vector<int> labels = RandomLabels(graph.units(), clusters, seed);
    Eigen::MatrixXd member = Eigen::MatrixXd::Zero(graph.units(), clusters);
    for (int unit = 0; unit < graph.units(); ++unit) {
      if (labels[unit] >= 0) member(unit, labels[unit]) = 1;
    }
    RunContext context(2);
    const ClusterSums sums = SumClusters(graph, labels, clusters, context);
    const Eigen::VectorXd internal = (member.transpose() * adjacency * member).diagonal();
    const Eigen::VectorXd volume = member.transpose() * adjacency.rowwise().sum();
    for (int cluster = 0; cluster < clusters; ++cluster) {
      EXPECT_NEAR(sums.internal[cluster] / internal[cluster], 1, 1e-12);
      EXPECT_NEAR(sums.volume[cluster] / volume[cluster], 1, 1e-12);
    }
    EXPECT_NEAR(sums.total / adjacency.sum(), 1, 1e-12);
    for (const double resolution : {0.0, 0.5, 1.0, 2.0}) {
      const double expected = (internal / adjacency.sum() - resolution * (volume / adjacency.sum()).cwiseAbs2()).sum();
      EXPECT_NEAR(NewmanModularity(sums, resolution), expected, 1e-12);
    }
    EXPECT_NEAR(NormalizedCut(sums), (1 - internal.array() / volume.array()).sum(), 1e-12);
  }
}

/// Both directed measures entry by entry, as definitions.md, section 5 writes them.
std::pair<double, double> DirectedMeasures(const UnitGraph& graph, const std::vector<int>& labels, double resolution) {
  const int units = graph.units();
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(units, units);  // [source][target]
  double expected_in_blocks = 0;
  const auto together = [&](int a, int b) { return labels[a] >= 0 && labels[a] == labels[b]; };
  for (const Block& block : graph.blocks()) {
    Eigen::MatrixXd own = Eigen::MatrixXd::Zero(units, units);
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        own(graph.first_source_unit(block) + source, graph.first_target_unit(block) + target) +=
            block.entry(target, source);
      }
    }
    const Eigen::VectorXd out = own.rowwise().sum();
    const Eigen::VectorXd in = own.colwise().sum();
    const double total = own.sum();
    for (int i = 0; i < units; ++i) {
      for (int j = 0; j < units; ++j) {
        if (together(i, j)) expected_in_blocks += out[i] * in[j] / total;
      }
    }
    all += own;
  }
  const Eigen::VectorXd out = all.rowwise().sum();
  const Eigen::VectorXd in = all.colwise().sum();
  const double total = all.sum();
  double internal = 0;
  double expected = 0;
  for (int i = 0; i < units; ++i) {
    for (int j = 0; j < units; ++j) {
      if (!together(i, j)) continue;
      internal += all(i, j);
      expected += out[i] * in[j] / total;
    }
  }
  return {(internal - resolution * expected) / total, (internal - resolution * expected_in_blocks) / total};
}

TEST(DirectedMeasures, AgreeWithTheirDefinitions) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::MixedGraph(seed);
    const std::vector<int> labels = RandomLabels(graph.units(), 4, seed);
    RunContext context(2);
    const ClusterSums sums = SumClusters(graph, labels, 4, context);
    for (const double resolution : {0.0, 0.5, 1.0, 2.0}) {
      const auto [directed, layer_pair] = DirectedMeasures(graph, labels, resolution);
      EXPECT_NEAR(DirectedModularity(sums, resolution), directed, 1e-12);
      EXPECT_NEAR(LayerPairModularity(sums, resolution), layer_pair, 1e-12);
    }
  }
}

// Every unit of a chain's one block in one of two equal parts: Newman's Q expects edges inside layers, too.
TEST(DirectedMeasures, ExpectNoEdgesWhereNoneCanBe) {
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}});
  RunContext context;
  const ClusterSums by_layer = SumClusters(graph, {0, 0, 1, 1}, 2, context);
  EXPECT_NEAR(NewmanModularity(by_layer), -.5, 1e-12);
  EXPECT_NEAR(DirectedModularity(by_layer), 0, 1e-12);
  EXPECT_NEAR(LayerPairModularity(by_layer), 0, 1e-12);
  const UnitGraph parts = test::Chain({{{2, 0}, {0, 2}}, {{3, 0}, {0, 3}}});
  const ClusterSums sums = SumClusters(parts, {0, 1, 0, 1, 0, 1}, 2, context);
  EXPECT_NEAR(DirectedModularity(sums), .5, 1e-12);
  EXPECT_NEAR(LayerPairModularity(sums), .5, 1e-12);
}

TEST(SumClusters, GivesTheSameBitsForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({900, 500, 10}, 5);
  const std::vector<int> labels = RandomLabels(graph.units(), 7, 5);
  RunContext one;
  const ClusterSums expected = SumClusters(graph, labels, 7, one);
  for (const int threads : {2, 3}) {
    RunContext context(threads);
    const ClusterSums sums = SumClusters(graph, labels, 7, context);
    EXPECT_EQ(sums.internal, expected.internal);
    EXPECT_EQ(sums.volume, expected.volume);
    EXPECT_EQ(sums.total, expected.total);
  }
}

TEST(Measure, PermutedHiddenUnitsWithTheirLabelsChangeNothing) {
  const UnitGraph graph = test::RandomChain({64, 40, 30, 10}, 6);
  const std::vector<int> labels = RandomLabels(graph.units(), 5, 6);
  const test::Permuted permuted = test::PermuteHidden(graph, 7);
  std::vector<int> carried;
  for (const int unit : permuted.unit_of) carried.push_back(labels[unit]);
  ASSERT_NE(carried, labels);
  const Measures before = Measure(graph, labels, 5);
  const Measures after = Measure(permuted.graph, carried, 5);
  EXPECT_NEAR(after.modularity, before.modularity, 1e-12);
  EXPECT_NEAR(after.ncut, before.ncut, 1e-12);
}

TEST(Measure, ScalingAllWeightsChangesNothing) {
  const UnitGraph graph = test::MixedGraph(7);
  const std::vector<int> labels = RandomLabels(graph.units(), 5, 7);
  const Measures before = Measure(graph, labels, 5);
  for (const double factor : {1e-200, 0.3, 1e6}) {
    const Measures after = Measure(test::Scaled(graph, factor), labels, 5);
    EXPECT_NEAR(after.modularity, before.modularity, 1e-12) << factor;
    EXPECT_NEAR(after.ncut, before.ncut, 1e-12) << factor;
    EXPECT_NEAR(after.directed, before.directed, 1e-12) << factor;
    EXPECT_NEAR(after.layer_pair, before.layer_pair, 1e-12) << factor;
  }
}

TEST(NormalizedCut, ClustersWithoutVolumeCountNothing) {
  EXPECT_EQ(NormalizedCut({.internal = {2, 0}, .volume = {4, 0}, .total = 4, .blocks = {}}), .5);
}

TEST(SumClusters, RefusesGraphsWithoutEdges) {
  const UnitGraph graph = test::Chain({{{0, 0}, {0, 0}}});
  RunContext context;
  try {
    SumClusters(graph, {0, 0, 0, 0}, 1, context);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoEdges);
  }
}

TEST(SumClusters, RefusesLabelsThatDoNotFit) {
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}});
  RunContext context;
  EXPECT_THROW(SumClusters(graph, {0, 0, 0}, 1, context), std::logic_error);
  EXPECT_THROW(SumClusters(graph, {0, 0, 0, 1}, 1, context), std::logic_error);
  EXPECT_THROW(SumClusters(graph, {0, 0, 0, -2}, 1, context), std::logic_error);
}

TEST(SumClusters, CanBeCancelled) {
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}});
  RunContext context;
  context.Cancel();
  EXPECT_THROW(SumClusters(graph, {0, 0, 0, 0}, 1, context), Cancelled);
}

}  // namespace
}  // namespace modlab
