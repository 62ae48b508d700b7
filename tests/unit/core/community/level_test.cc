#include "core/community/level.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <vector>

#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

/// A without its diagonal, as the level's runs say, those to not wanted nodes left 0.
Eigen::MatrixXd Dense(const Level& level, bool only_even = false) {
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(level.nodes(), level.nodes());
  for (const Batch& batch : level.batches()) {
    std::vector<char> wanted;
    for (int node = batch.first; node < batch.last; ++node) wanted.push_back(node % 2 == 0 ? 1 : 0);
    level.ForEachRun(batch, only_even ? wanted.data() : nullptr, [&](const Run& run) {
      for (int i = 0; i < run.count; ++i) weights(run.node, run.other(i)) += run.weights[i];
    });
  }
  return weights;
}

Eigen::MatrixXd WithoutDiagonal(Eigen::MatrixXd matrix) {
  matrix.diagonal().setZero();
  return matrix;
}

/// Some clusters, and nodes in none.
std::vector<int> SomeLabels(int nodes, int clusters) {
  std::vector<int> labels;
  for (int node = 0; node < nodes; ++node) labels.push_back(node * 7 % clusters);
  return labels;
}

std::vector<UnitGraph> Graphs() {
  std::vector<UnitGraph> graphs;
  graphs.push_back(test::MixedGraph(1));
  graphs.push_back(test::RandomChain({300, 40, 17}, 2));
  UnitGraph pruned;  // few weights are left
  pruned.AddGroup({.name = "in", .operation = "input", .units = 50});
  pruned.AddGroup({.name = "out", .operation = "linear", .units = 40});
  std::vector<double> weights(50 * 40, 0.0);
  for (size_t i = 0; i < weights.size(); i += 9) weights[i] = static_cast<double>(i);
  pruned.AddBlock(OwnedBlock(0, 1, 50, 40, weights));
  graphs.push_back(std::move(pruned));
  return graphs;
}

TEST(Level, HasTheWeightsOfTheGraph) {
  const RunContext context;
  for (const UnitGraph& graph : Graphs()) {
    const Eigen::MatrixXd adjacency = WithoutDiagonal(test::DenseAdjacency(graph));
    const auto copy = CopySmall(MakeUnitLevel(graph), context);
    EXPECT_LT((Dense(*MakeUnitLevel(graph)) - adjacency).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_LT((Dense(*copy) - adjacency).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_LE(copy->entries(), MakeUnitLevel(graph)->entries());
  }
}

TEST(Level, ReadsOnlyWhatIsWanted) {
  for (const UnitGraph& graph : Graphs()) {
    const auto level = MakeUnitLevel(graph);
    Eigen::MatrixXd even = Dense(*level);
    for (int node = 1; node < level->nodes(); node += 2) even.row(node).setZero();
    EXPECT_EQ(Dense(*level, true), even);
  }
}

TEST(Level, AggregatesFewClustersAndMany) {
  const RunContext context;
  for (const int clusters : {5, 4500}) {  // one matrix; one cluster after the other
    const UnitGraph graph = clusters == 5 ? test::MixedGraph(1) : test::RandomChain({4000, 1000}, 2);
    const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
    std::vector<int> labels = SomeLabels(graph.units(), clusters);
    for (int unit = 0; unit < graph.units(); ++unit) {
      if (adjacency.row(unit).isZero(0)) labels[unit] = -1;
    }
    Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(clusters, clusters);
    for (int i = 0; i < graph.units(); ++i) {
      for (int j = 0; j < graph.units(); ++j) {
        if (labels[i] >= 0 && labels[j] >= 0) expected(labels[i], labels[j]) += adjacency(i, j);
      }
    }
    const auto level = MakeUnitLevel(graph);
    const auto aggregated = Aggregate(*level, labels, clusters, context);
    ASSERT_EQ(aggregated->nodes(), clusters);
    EXPECT_LT((Dense(*aggregated) - WithoutDiagonal(expected)).cwiseAbs().maxCoeff(), 1e-10);
  }
}

TEST(Level, FindsNeighboursThatAreNotMarked) {
  const RunContext context;
  const UnitGraph graph = test::RandomChain({3, 2, 4}, 1);
  const auto level = CopySmall(MakeUnitLevel(graph), context);
  std::vector<char> marked(level->batches().size(), 0);
  marked[3] = 1;
  std::vector<int> found;
  level->CollectNeighbours(8, marked, found);  // the last output, a neighbour of both hidden units
  EXPECT_EQ(found, (std::vector<int>{4}));
  level->CollectNeighbours(8, marked, found);
  EXPECT_EQ(found, (std::vector<int>{4}));
}

}  // namespace
}  // namespace modlab
