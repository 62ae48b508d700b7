#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "core/community/aggregated_level.h"
#include "core/community/comparison.h"
#include "core/community/leiden.h"
#include "core/community/level.h"
#include "core/graph/weight_part.h"
#include "core/measure/measure.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

LeidenClustering FindSigned(const UnitGraph& graph, int restarts = 5, uint32_t seed = 1) {
  RunContext context(2);
  return Leiden(graph, {.objective = Objective::kSigned, .restarts = restarts, .seed = seed}, context);
}

/// Weights of random size, positive where unit i of a layer and unit j of the next are in the same of `parts` parts (i
/// mod parts), negative elsewhere: no size says where the parts are.
UnitGraph PlantedBySign(const std::vector<int>& widths, int parts, uint64_t seed, std::vector<int>* labels) {
  Random random(seed);
  std::vector<test::Layer> layers;
  labels->clear();
  for (size_t layer = 0; layer < widths.size(); ++layer) {
    for (int unit = 0; unit < widths[layer]; ++unit) labels->push_back(unit % parts);
    if (layer + 1 == widths.size()) break;
    layers.emplace_back(widths[layer], std::vector<double>(widths[layer + 1]));
    for (int source = 0; source < widths[layer]; ++source) {
      for (int target = 0; target < widths[layer + 1]; ++target) {
        layers.back()[source][target] = (source % parts == target % parts ? 1 : -1) * (0.5 + random.Uniform());
      }
    }
  }
  return test::Chain(layers);
}

TEST(SignedLeiden, FindsPartsThatOnlySignsTell) {
  for (const uint64_t seed : {1, 2, 3}) {
    std::vector<int> planted;
    const UnitGraph graph = PlantedBySign({60, 40, 40, 20}, 4, seed, &planted);
    const LeidenClustering found = FindSigned(graph, 2);
    EXPECT_EQ(found.clusters, 4);
    EXPECT_EQ(ComparePartitions(found.labels, planted).adjusted_rand_index, 1);
  }
}

TEST(SignedLeiden, SaysTheModularityOfItsLabels) {
  for (const uint64_t seed : {1, 2}) {
    const UnitGraph graph = test::SignedGraph(seed);
    const LeidenClustering found = FindSigned(graph, 2, 5);
    EXPECT_NEAR(found.modularity, test::SignedModularityOf(test::DenseSignedAdjacency(graph), found.labels, 1), 1e-12);
    EXPECT_EQ(found.labels, test::Canonical(found.labels));
  }
}

// No move of a single unit, to another cluster or to none, makes it better.
TEST(SignedLeiden, IsALocalOptimum) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    const UnitGraph graph = test::RandomChain({14, 9, 11, 4}, seed);
    const test::SignedAdjacency adjacency = test::DenseSignedAdjacency(graph);
    const LeidenClustering found = FindSigned(graph, 1, static_cast<uint32_t>(seed));
    std::vector<int> labels = found.labels;
    for (int unit = 0; unit < graph.units(); ++unit) {
      const int own = labels[unit];
      for (int cluster = 0; cluster <= found.clusters; ++cluster) {
        labels[unit] = cluster;
        EXPECT_LE(test::SignedModularityOf(adjacency, labels, 1), found.modularity + 1e-12) << unit;
      }
      labels[unit] = own;
    }
  }
}

// Negative weights alone: everything is better off away from what it has weights to, and the layers are the clusters,
// though no unit has a weight to another one of its cluster.
TEST(SignedLeiden, UnitsWithoutAnEdgeBetweenThemCanBeACluster) {
  const UnitGraph graph = test::Chain({test::Layer(6, std::vector<double>(5, -1.0))});
  const LeidenClustering found = FindSigned(graph);
  EXPECT_EQ(found.labels, (std::vector<int>{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_NEAR(found.modularity, .5, 1e-12);
}

TEST(SignedLeiden, WithoutNegativeWeightsItIsNewmans) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::PlantedChain({30, 20, 10}, 3, 0.6, seed);
    RunContext context;
    const LeidenClustering newman = Leiden(graph, {.restarts = 5, .seed = 1}, context);
    EXPECT_NEAR(FindSigned(graph).modularity, newman.modularity, 1e-12);
  }
}

TEST(SignedLeiden, IsTheSameForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({70, 50, 30, 10}, 5);
  RunContext one;
  const LeidenClustering expected = Leiden(graph, {.objective = Objective::kSigned, .restarts = 6, .seed = 9}, one);
  RunContext three(3);
  const LeidenClustering found = Leiden(graph, {.objective = Objective::kSigned, .restarts = 6, .seed = 9}, three);
  EXPECT_EQ(found.labels, expected.labels);
  EXPECT_EQ(found.modularity, expected.modularity);
}

// Sums that are 0 on the way, or that begin with a negative weight, are neither forgotten nor counted twice.
TEST(SignedLevel, SumsByClusterWhateverTheSigns) {
  const UnitGraph graph = test::Chain({{{1, -1, 2, -2, -3}, {-1, -2, 3, 0, 0}, {2, 2, -4, 1, -1}}});
  const UnitGraph weights = PartOf(graph, WeightPart::kSigned);
  const auto level = MakeUnitLevel(weights);
  const std::vector<int> labels{0, 1, 0, 1, 1, 1, 1, 0};
  ClusterWeights sums;
  for (int repetition = 0; repetition < 2; ++repetition) {  // the second time nothing of the first is left
    for (const Batch& batch : level->batches()) {
      SumByCluster(*level, batch, labels, 2, sums);
      for (int unit = batch.first; unit < batch.last; ++unit) {
        for (const int cluster : {0, 1}) {
          double wanted = 0;
          for (const Block& block : weights.blocks()) {
            for (int source = 0; source < 3; ++source) {
              for (int target = 0; target < 5; ++target) {
                if (source == unit && labels[3 + target] == cluster) wanted += block.entry(target, source);
                if (3 + target == unit && labels[source] == cluster) wanted += block.entry(target, source);
              }
            }
          }
          EXPECT_EQ(sums(unit - batch.first, cluster), wanted) << unit << ", " << cluster;
        }
      }
    }
  }
}

TEST(SignedLevel, AggregatesTheSameWayStoredAndSummed) {
  // A matrix for 5000 clusters would be too large: weights are in lists, or summed when read. Those beyond the units
  // have none.
  const UnitGraph graph = test::SignedGraph(3);
  const UnitGraph weights = PartOf(graph, WeightPart::kSigned);
  const std::shared_ptr<const Level> level = MakeUnitLevel(weights);
  Random random(1);
  std::vector<int> labels(graph.units());
  for (int& label : labels) label = random.Index(9);
  RunContext context;
  const auto matrix_of = [&](int clusters, int64_t most_listed) {
    const auto aggregated = Aggregate(level, labels, clusters, context, most_listed);
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(9, 9);
    for (int node = 0; node < 9; ++node) {
      aggregated->ForEachRun({node, node + 1}, nullptr, [&](const modlab::Run& run) {
        for (int i = 0; i < run.count; ++i) matrix(run.node, run.other(i)) += run.weights[i];
      });
    }
    return matrix;
  };
  const Eigen::MatrixXd dense = matrix_of(9, 0);
  EXPECT_LT(dense.minCoeff(), 0);
  EXPECT_LT((dense - matrix_of(5000, 0)).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_LT((dense - matrix_of(5000, 1 << 20)).cwiseAbs().maxCoeff(), 1e-9);
}

}  // namespace
}  // namespace modlab
