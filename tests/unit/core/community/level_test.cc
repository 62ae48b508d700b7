#include "core/community/level.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "core/community/aggregated_level.h"
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
  std::vector<int> labels(nodes);
  for (int node = 0; node < nodes; ++node) labels[node] = node * 7 % clusters;
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

/// The weights between clusters.
Eigen::MatrixXd Aggregated(const Eigen::MatrixXd& adjacency, const std::vector<int>& labels, int clusters) {
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(clusters, clusters);
  for (Eigen::Index i = 0; i < adjacency.rows(); ++i) {
    for (Eigen::Index j = 0; j < adjacency.cols(); ++j) {
      if (labels[i] >= 0 && labels[j] >= 0) sums(labels[i], labels[j]) += adjacency(i, j);
    }
  }
  return sums;
}

TEST(Level, AggregatesFewClustersAndMany) {
  const RunContext context;
  // A matrix; lists; read from the units each time.
  for (const auto& [clusters, most_listed] : {std::pair(5, 0), std::pair(3500, 16 << 20), std::pair(3500, 1 << 10)}) {
    const UnitGraph graph = clusters == 5 ? test::MixedGraph(1) : test::RandomChain({3000, 1000}, 2);
    const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
    std::vector<int> labels = SomeLabels(graph.units(), clusters);
    for (int unit = 0; unit < graph.units(); ++unit) {
      if (adjacency.row(unit).isZero(0)) labels[unit] = -1;
    }
    const std::shared_ptr<const Level> level = MakeUnitLevel(graph);
    const auto aggregated = Aggregate(level, labels, clusters, context, most_listed);
    EXPECT_EQ(aggregated->entries() == level->entries(), most_listed == 1 << 10);
    ASSERT_EQ(aggregated->nodes(), clusters);
    const Eigen::MatrixXd expected = Aggregated(adjacency, labels, clusters);
    EXPECT_LT((Dense(*aggregated) - WithoutDiagonal(expected)).cwiseAbs().maxCoeff(), 1e-10);

    // Once more, of what is already aggregated, and to something that is small.
    const std::vector<int> labels_of_clusters = SomeLabels(clusters, 3);
    const auto twice = Aggregate(aggregated, labels_of_clusters, 3, context);
    const Eigen::MatrixXd expected_twice = Aggregated(expected, labels_of_clusters, 3);
    EXPECT_LT((Dense(*twice) - WithoutDiagonal(expected_twice)).cwiseAbs().maxCoeff(), 1e-8);
  }
}

TEST(Level, FindsNeighboursOfManyClusters) {
  const RunContext context;
  const UnitGraph graph = test::RandomChain({3000, 1000}, 2);
  std::vector<int> labels(graph.units());
  for (int unit = 0; unit < graph.units(); ++unit) labels[unit] = unit < 3000 ? unit : 3000 + unit % 2;
  for (const int most_listed : {0, 16 << 20}) {
    const auto level = Aggregate(MakeUnitLevel(graph), labels, 3002, context, most_listed);
    std::vector<char> marked(3002, 0);
    marked[3001] = 1;
    std::vector<int> found;
    level->CollectNeighbours(7, marked, found);
    EXPECT_EQ(found, (std::vector<int>{3000}));
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
