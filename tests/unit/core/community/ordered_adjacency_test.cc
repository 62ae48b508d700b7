#include "core/community/ordered_adjacency.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

using Means = std::vector<float>;

OrderedAdjacency Order(const UnitGraph& graph, const std::vector<int>& labels, int cells) {
  RunContext context(2);
  return OrderAdjacency(graph, {labels, 1 + *std::max_element(labels.begin(), labels.end())}, cells, context);
}

/// Units 0 and 1 feed 2 and 3: weights 1 (0 to 2), 2 (0 to 3), 3 (1 to 2) and 4 (1 to 3).
UnitGraph TwoByTwo() { return test::Chain({{{1, -2}, {3, 4}}}); }

TEST(OrderedAdjacency, OrdersUnitsByClusterThenAsTheGraphHasThem) {
  const OrderedAdjacency matrix = Order(TwoByTwo(), {0, 1, 1, 0}, 4);  // 0, 3, 1, 2
  EXPECT_EQ(matrix.size, 4);
  EXPECT_EQ(matrix.means, (Means{0, 2, 0, 1,  //
                                 2, 0, 4, 0,  //
                                 0, 4, 0, 3,  //
                                 1, 0, 3, 0}));
}

TEST(OrderedAdjacency, GathersUnitsAsTheMeanOfAllTheirPairs) {
  EXPECT_EQ(Order(TwoByTwo(), {0, 1, 1, 0}, 2).means, (Means{4. / 4, 5. / 4, 5. / 4, 6. / 4}));
  EXPECT_EQ(Order(TwoByTwo(), {0, 1, 1, 0}, 1).means, (Means{20. / 16}));
}

TEST(OrderedAdjacency, LeavesOutUnitsWithoutAClusterAndHasNoMoreCellsThanUnits) {
  const OrderedAdjacency matrix = Order(TwoByTwo(), {0, -1, 0, 0}, 10);
  EXPECT_EQ(matrix.size, 3);
  EXPECT_EQ(matrix.means, (Means{0, 1, 2, 1, 0, 0, 2, 0, 0}));
}

TEST(OrderedAdjacency, IsEmptyWhereNoUnitHasACluster) {
  const OrderedAdjacency matrix = Order(TwoByTwo(), {-1, -1, -1, -1}, 10);
  EXPECT_EQ(matrix.size, 0);
  EXPECT_TRUE(matrix.means.empty());
}

TEST(OrderedAdjacency, CountsAWeightFromAUnitToItselfTwice) {
  UnitGraph graph;
  graph.AddGroup({.name = "recurrent", .operation = "rnn", .units = 2});
  graph.AddBlock(OwnedBlock(0, 0, 2, 2, {3, 0, 2, 0}));
  EXPECT_EQ(Order(graph, {0, 0}, 2).means, (Means{6, 2, 2, 0}));
}

TEST(OrderedAdjacency, EqualsTheMeansOfTheDenseAdjacency) {
  const UnitGraph graph = test::MixedGraph(1);
  const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
  Random random(1);
  std::vector<int> labels(graph.units());
  for (int& label : labels) label = random.Index(5) - 1;
  std::vector<int> order;
  for (int cluster = 0; cluster < 4; ++cluster) {
    for (int unit = 0; unit < graph.units(); ++unit) {
      if (labels[unit] == cluster) order.push_back(unit);
    }
  }
  const int units = static_cast<int>(order.size());
  for (const int cells : {1, 7, 100, units - 1, units}) {
    const OrderedAdjacency matrix = Order(graph, labels, cells);
    ASSERT_EQ(matrix.size, cells);
    const auto begin = [&](int cell) { return (cell * units + cells - 1) / cells; };
    for (int row = 0; row < cells; ++row) {
      EXPECT_LE(std::abs((begin(row + 1) - begin(row)) * cells - units), cells) << "parts are nearly equal";
      for (int column = 0; column < cells; ++column) {
        double sum = 0;
        for (int i = begin(row); i < begin(row + 1); ++i) {
          for (int j = begin(column); j < begin(column + 1); ++j) sum += adjacency(order[i], order[j]);
        }
        const double pairs = (begin(row + 1) - begin(row)) * (begin(column + 1) - begin(column));
        ASSERT_NEAR(matrix.means[row * cells + column], sum / pairs, 1e-6 * (1 + sum / pairs)) << row << ' ' << column;
      }
    }
  }
}

TEST(OrderedAdjacency, LeavesWhenItIsCancelled) {
  RunContext context;
  context.Cancel();
  EXPECT_THROW(OrderAdjacency(TwoByTwo(), {{0, 0, 0, 0}, 1}, 2, context), Cancelled);
}

}  // namespace
}  // namespace modlab
