#include "core/spectral/affinity_operator.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

TEST(BlockAffinity, AgreesWithTheDenseAdjacency) {
  const UnitGraph graph = test::MixedGraph(2);
  const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
  RunContext context(2);
  const BlockAffinity affinity(graph, context);
  ASSERT_EQ(affinity.units(), graph.units());

  const Eigen::VectorXd degrees = adjacency.rowwise().sum();
  for (int unit = 0; unit < graph.units(); ++unit) EXPECT_NEAR(affinity.degrees()[unit], degrees[unit], 1e-11);
  EXPECT_EQ(affinity.degrees().back(), 0);  // exactly

  for (const int columns : {1, 2, 5}) {
    const Eigen::MatrixXd x = Eigen::MatrixXd::Random(graph.units(), columns);
    Eigen::MatrixXd y = Eigen::MatrixXd::Constant(graph.units(), columns, 1e300);  // must be overwritten
    affinity.Apply(x.data(), y.data(), columns);
    EXPECT_LT((y - adjacency * x).cwiseAbs().maxCoeff(), 1e-11) << columns;
  }
}

TEST(BlockAffinity, CountsASelfLoopTwice) {
  UnitGraph graph;
  graph.AddGroup({.name = "rnn", .operation = "linear", .units = 2});
  graph.AddBlock(OwnedBlock(0, 0, 2, 2, {3, 5, 7, 11}));  // A = [[6, 12], [12, 22]]
  RunContext context;
  const BlockAffinity affinity(graph, context);
  EXPECT_EQ(affinity.degrees(), (std::vector<double>{18, 34}));
  const std::vector<double> x{1, 0};
  std::vector<double> y(2);
  affinity.Apply(x.data(), y.data(), 1);
  EXPECT_EQ(y, (std::vector<double>{6, 12}));
}

TEST(BlockAffinity, GivesTheSameBitsForAnyNumberOfThreadsAndAnyAlignment) {
  const UnitGraph graph = test::RandomChain({700, 300, 10001, 3}, 3);
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(graph.units(), 3);
  RunContext one;
  const BlockAffinity reference(graph, one);
  Eigen::MatrixXd expected(graph.units(), 3);
  reference.Apply(x.data(), expected.data(), 3);

  for (const int threads : {2, 3}) {
    RunContext context(threads);
    const BlockAffinity affinity(graph, context);
    EXPECT_EQ(affinity.degrees(), reference.degrees());
    Eigen::MatrixXd y(graph.units(), 3);
    affinity.Apply(x.data(), y.data(), 3);
    EXPECT_EQ(y, expected) << threads;
    // Column by column, from an address that is no multiple of a vector register's size.
    std::vector<double> shifted_x(graph.units() + 1);
    std::vector<double> shifted_y(graph.units() + 1);
    std::copy_n(x.col(1).data(), graph.units(), shifted_x.data() + 1);
    affinity.Apply(shifted_x.data() + 1, shifted_y.data() + 1, 1);
    EXPECT_TRUE(std::equal(shifted_y.begin() + 1, shifted_y.end(), expected.col(1).data())) << threads;
  }
}

TEST(BlockAffinity, AlternatingLayersAreTheTwoSides) {
  RunContext context;
  const UnitGraph chain = test::RandomChain({3, 2, 4}, 1);
  EXPECT_EQ(BlockAffinity(chain, context).Sides(), (std::vector<char>{0, 0, 0, 1, 1, 0, 0, 0, 0}));

  UnitGraph skipping = chain;  // input, hidden and output in a triangle
  skipping.AddBlock(OwnedBlock(0, 2, 3, 4, std::vector<double>(12, 1.0)));
  EXPECT_FALSE(BlockAffinity(skipping, context).Sides());
  UnitGraph recurrent = chain;
  recurrent.AddBlock(OwnedBlock(1, 1, 2, 2, std::vector<double>(4, 1.0)));
  EXPECT_FALSE(BlockAffinity(recurrent, context).Sides());
}

TEST(BlockAffinity, AgreesWithTheDenseAdjacencyOnVectorsThatAreZeroOnOneSide) {
  const UnitGraph graph = test::RandomChain({70, 33, 90, 5}, 2);
  const Eigen::MatrixXd dense = test::DenseAdjacency(graph);
  RunContext context(2);
  const BlockAffinity affinity(graph, context);
  const std::vector<char> sides = affinity.Sides().value();
  for (const int side : {0, 1}) {
    Eigen::MatrixXd x = Eigen::MatrixXd::Random(graph.units(), 3);
    for (int unit = 0; unit < graph.units(); ++unit) {
      if (sides[unit] != side) x.row(unit).setZero();
    }
    Eigen::MatrixXd y(graph.units(), 3);
    affinity.Apply(x.data(), y.data(), 3);
    EXPECT_LT((y - dense * x).cwiseAbs().maxCoeff(), 1e-12);
    for (int unit = 0; unit < graph.units(); ++unit) {
      EXPECT_TRUE(sides[unit] != side || y.row(unit).isZero(0));
    }
  }
}

TEST(BlockAffinity, CanBeCancelled) {
  const UnitGraph graph = test::RandomChain({3, 3}, 1);
  RunContext context;
  const BlockAffinity affinity(graph, context);
  context.Cancel();
  const std::vector<double> x(6, 1.0);
  std::vector<double> y(6);
  EXPECT_THROW(affinity.Apply(x.data(), y.data(), 1), Cancelled);
}

}  // namespace
}  // namespace modlab
