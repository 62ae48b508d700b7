#include "core/community/leiden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/community/comparison.h"
#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/measure/measure.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

constexpr Objective kObjectives[] = {Objective::kNewman, Objective::kDirected, Objective::kLayerPair,
                                     Objective::kSigned};

double Modularity(const UnitGraph& graph, const std::vector<int>& labels, Objective objective, double resolution) {
  RunContext context;
  const ClusterSums sums = SumClusters(graph, labels, graph.units(), context);
  switch (objective) {
    case Objective::kNewman:
      return NewmanModularity(sums, resolution);
    case Objective::kDirected:
      return DirectedModularity(sums, resolution);
    case Objective::kLayerPair:
      return LayerPairModularity(sums, resolution);
    case Objective::kSigned:
      return test::SignedModularityOf(test::DenseSignedAdjacency(graph), labels, resolution);
  }
  return 0;
}

/// Calls visit(labels) for every partition of `units` units.
void ForEachPartition(int units, const std::function<void(const std::vector<int>&)>& visit) {
  std::vector<int> labels(units, 0);
  const std::function<void(int, int)> choose = [&](int unit, int clusters) {
    if (unit == units) return visit(labels);
    for (int label = 0; label <= clusters; ++label) {
      labels[unit] = label;
      choose(unit + 1, std::max(clusters, label + 1));
    }
  };
  choose(0, 0);
}

TEST(Leiden, FindsTheBestOfAllPartitions) {
  for (const std::vector<int>& widths : {std::vector<int>{3, 2, 3}, {4, 4}, {2, 2, 2, 2}}) {
    for (const uint64_t seed : {1, 2, 3, 4}) {
      const UnitGraph graph = test::RandomChain(widths, seed);
      for (const Objective objective : kObjectives) {
        for (const double resolution : {0.5, 1.0, 1.5}) {
          double best = -1;
          ForEachPartition(graph.units(), [&](const std::vector<int>& labels) {
            best = std::max(best, Modularity(graph, labels, objective, resolution));
          });
          RunContext context;
          const LeidenClustering found =
              Leiden(graph, {.objective = objective, .resolution = resolution, .restarts = 30, .seed = 1}, context);
          EXPECT_NEAR(found.modularity, best, 1e-12) << graph.units() << " units, seed " << seed;
        }
      }
    }
  }
}

TEST(Leiden, FindsPlantedParts) {
  for (const uint64_t seed : {1, 2, 3}) {
    std::vector<int> planted;
    const UnitGraph graph = test::PlantedChain({60, 40, 40, 20}, 4, 0.2, seed, &planted);
    for (const Objective objective : kObjectives) {
      RunContext context;
      const LeidenClustering found = Leiden(graph, {.objective = objective, .restarts = 2, .seed = 1}, context);
      EXPECT_EQ(found.clusters, 4);
      EXPECT_EQ(ComparePartitions(found.labels, planted).adjusted_rand_index, 1);
    }
  }
}

TEST(Leiden, SaysTheModularityOfItsLabels) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::MixedGraph(seed);
    for (const Objective objective : kObjectives) {
      RunContext context;
      const LeidenClustering found =
          Leiden(graph, {.objective = objective, .resolution = 1.2, .restarts = 2, .seed = 5}, context);
      EXPECT_NEAR(found.modularity, Modularity(graph, found.labels, objective, 1.2), 1e-12);
      EXPECT_EQ(found.labels, test::Canonical(found.labels));
      EXPECT_EQ(found.clusters, 1 + *std::max_element(found.labels.begin(), found.labels.end()));
      const std::vector<int> components = ConnectedComponents(graph, context);
      for (int unit = 0; unit < graph.units(); ++unit) EXPECT_EQ(found.labels[unit] < 0, components[unit] < 0);
    }
  }
}

// No unit of a cluster is without a way to the others inside it.
TEST(Leiden, ClustersAreConnected) {
  for (const uint64_t seed : {1, 2, 3}) {
    const UnitGraph graph = test::MixedGraph(seed);
    RunContext context;
    const LeidenClustering found =
        Leiden(graph, {.resolution = 2, .restarts = 1, .seed = seed == 1 ? 7u : 8u}, context);
    const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
    for (int cluster = 0; cluster < found.clusters; ++cluster) {
      std::vector<int> reached;
      std::vector<char> seen(graph.units(), 0);
      const auto first = std::find(found.labels.begin(), found.labels.end(), cluster) - found.labels.begin();
      reached.push_back(static_cast<int>(first));
      seen[first] = 1;
      for (size_t next = 0; next < reached.size(); ++next) {
        for (int unit = 0; unit < graph.units(); ++unit) {
          if (seen[unit] != 0 || found.labels[unit] != cluster || adjacency(reached[next], unit) == 0) continue;
          seen[unit] = 1;
          reached.push_back(unit);
        }
      }
      EXPECT_EQ(static_cast<int>(reached.size()), std::count(found.labels.begin(), found.labels.end(), cluster));
    }
  }
}

TEST(Leiden, IsNoWorseThanWhatIsPlanted) {
  for (const double noise : {0.3, 0.6, 0.9}) {
    std::vector<int> planted;
    const UnitGraph graph = test::PlantedChain({50, 40, 30}, 3, noise, 4, &planted);
    for (const Objective objective : kObjectives) {
      RunContext context;
      const LeidenClustering found = Leiden(graph, {.objective = objective, .restarts = 10, .seed = 2}, context);
      EXPECT_GE(found.modularity, Modularity(graph, planted, objective, 1) - 1e-12) << noise;
    }
  }
}

TEST(Leiden, UnitsOfTinyWeightsJoinTheirClusters) {
  // Inputs that training has all but cut off, as pixels that are always black: 1e-30 of the others' weights.
  std::vector<int> planted;
  UnitGraph graph = test::PlantedChain({40, 20, 20}, 2, 0.1, 1, &planted);
  UnitGraph tiny;
  for (const Group& group : graph.groups()) tiny.AddGroup(group);
  for (Block block : graph.blocks()) {
    if (block.source == 0) {
      block.source_scale.assign(40, 1.0);
      std::fill(block.source_scale.begin() + 20, block.source_scale.end(), 1e-30);
    }
    tiny.AddBlock(std::move(block));
  }
  RunContext context;
  const LeidenClustering found = Leiden(tiny, {}, context);
  EXPECT_EQ(found.clusters, 2);
  EXPECT_EQ(found.labels, test::Canonical(planted));
}

TEST(Leiden, HigherResolutionsGiveMoreClusters) {
  const UnitGraph graph = test::PlantedChain({40, 40}, 4, 0.3, 1);
  RunContext context;
  EXPECT_EQ(Leiden(graph, {.resolution = 0.01, .restarts = 1}, context).clusters, 1);
  EXPECT_EQ(Leiden(graph, {.resolution = 1, .restarts = 1}, context).clusters, 4);
  EXPECT_EQ(Leiden(graph, {.resolution = 1e6, .restarts = 1}, context).clusters, graph.units());
}

TEST(Leiden, GivesTheSameForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({70, 50, 30, 10}, 5);
  RunContext one;
  const LeidenClustering expected = Leiden(graph, {.restarts = 6, .seed = 9}, one);
  for (const int threads : {2, 3}) {
    RunContext context(threads);
    const LeidenClustering found = Leiden(graph, {.restarts = 6, .seed = 9}, context);
    EXPECT_EQ(found.labels, expected.labels);
    EXPECT_EQ(found.modularity, expected.modularity);
  }
}

TEST(Leiden, WhatIsWrongIsSaid) {
  const auto error_of = [](const UnitGraph& graph, const LeidenOptions& options) {
    RunContext context;
    try {
      Leiden(graph, options, context);
    } catch (const Error& error) {
      return error.kind();
    }
    throw std::logic_error("accepted");
  };
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}});
  EXPECT_EQ(error_of(graph, {.restarts = 0}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(graph, {.max_iterations = 0}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(graph, {.resolution = 0}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(test::Chain({{{0, 0}, {0, 0}}}), {}), ErrorKind::kNoEdges);
}

TEST(Leiden, CanBeCancelled) {
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}});
  RunContext context;
  context.Cancel();
  EXPECT_THROW(Leiden(graph, {}, context), Cancelled);
}

}  // namespace
}  // namespace modlab
