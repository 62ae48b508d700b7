#include "core/spectral/gram_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kMany = 1'000'000;

/// Of a grouped convolution from 70 units to 5.
Block GroupedBlock(int source, int target) {
  Random random(6);
  std::vector<double> weights(70);
  for (double& weight : weights) weight = random.Uniform();
  Block grouped = OwnedBlock(source, target, 14, 5, std::move(weights));
  grouped.source_units = 70;
  grouped.convolution_groups = 5;
  return grouped;
}

/// Blocks of every kind between groups 0 and 2 on one side and 1, 3 and 4 on the other.
UnitGraph LayeredGraph() {
  const UnitGraph mixed = test::MixedGraph(5);
  UnitGraph graph;
  for (const Group& group : mixed.groups()) graph.AddGroup(group);
  for (const Block& block : mixed.blocks()) {
    if (!block.is_sparse() && (block.source + block.target) % 2 != 0) graph.AddBlock(block);
  }
  graph.AddBlock(GroupedBlock(2, 4));
  return graph;
}

UnitGraph GroupedGraph() {
  UnitGraph graph;
  for (const int units : {70, 5}) graph.AddGroup({.name = "conv", .operation = "conv2d", .units = units});
  graph.AddBlock(GroupedBlock(0, 1));
  graph.AddBlock(OwnedBlock(0, 1, 70, 5, std::vector<double>(350, 0.5)));
  return graph;
}

/// Two modules of 600 and 400 units in one matrix, with a threshold, and blocks of some units: one across the stretches
/// that rows are worked on in.
UnitGraph SideBySide() {
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 1200});
  graph.AddGroup({.name = "hidden", .operation = "linear", .units = 800});
  Random random(8);
  const auto add = [&](int sources, int source_offset, int targets, int target_offset, bool modular) {
    std::vector<double> weights;
    for (int i = 0; i < targets * sources; ++i) {
      const bool zero = modular && (i / sources < 400) != (i % sources < 600);
      weights.push_back(zero ? 0 : random.Uniform());
    }
    Block block = OwnedBlock(0, 1, sources, targets, std::move(weights));
    block.source_offset = source_offset;
    block.target_offset = target_offset;
    block.threshold = 0.3;
    graph.AddBlock(std::move(block));
  };
  add(1200, 0, 800, 0, true);
  add(60, 230, 7, 3, false);
  return graph;
}

std::vector<double> RandomScale(int units) {
  Random random(7);
  std::vector<double> scale(units);
  for (double& factor : scale) factor = random.Uniform() < 0.1 ? 0 : 3 * random.Uniform();
  return scale;
}

/// From the adjacency, entry by entry.
MatrixXd LowerTriangle(const UnitGraph& graph, const std::vector<char>& is_column, const std::vector<double>& scale) {
  std::vector<int> rows;
  std::vector<int> columns;
  for (size_t group = 0; group < graph.groups().size(); ++group) {
    for (int unit = 0; unit < graph.groups()[group].units; ++unit) {
      (is_column[group] != 0 ? columns : rows).push_back(graph.first_unit(static_cast<int>(group)) + unit);
    }
  }
  const MatrixXd b = test::DenseAdjacency(graph)(rows, columns);
  const VectorXd of_rows = Eigen::Map<const VectorXd>(scale.data(), graph.units())(rows);
  return (b.transpose() * of_rows.cwiseAbs2().asDiagonal() * b).triangularView<Eigen::Lower>();
}

void ExpectGram(const UnitGraph& graph, const std::vector<char>& is_column) {
  const std::vector<double> scale = RandomScale(graph.units());
  const MatrixXd expected = LowerTriangle(graph, is_column, scale);
  RunContext one;
  const auto gram = GramMatrix(graph, is_column, scale, kMany, one);
  ASSERT_TRUE(gram);
  ASSERT_EQ(gram->rows(), expected.rows());
  EXPECT_LT((*gram - expected).cwiseAbs().maxCoeff(), 1e-13 * expected.maxCoeff());
  for (const int threads : {2, 3}) {
    RunContext context(threads);
    EXPECT_EQ(*GramMatrix(graph, is_column, scale, kMany, context), *gram) << threads;
  }
}

TEST(GramMatrix, AgreesWithTheDenseProduct) {
  ExpectGram(LayeredGraph(), {1, 0, 1, 0, 0});
  ExpectGram(GroupedGraph(), {0, 1});
  ExpectGram(SideBySide(), {0, 1});
  ExpectGram(test::RandomChain({1300, 60, 50, 17}, 8), {0, 1, 0, 1});
  ExpectGram(test::RandomChain({90, 3, 40}, 9), {0, 1, 0});
}

TEST(GramMatrix, IsNotMadeWhereItSavesNoTime) {
  RunContext context;
  const auto is_made = [&](const UnitGraph& graph, int applications) {
    std::vector<char> is_column(graph.groups().size(), 0);
    is_column[1] = 1;
    return GramMatrix(graph, is_column, std::vector<double>(graph.units(), 1.0), applications, context).has_value();
  };
  EXPECT_TRUE(is_made(test::RandomChain({784, 392, 10}, 1), 120));
  EXPECT_FALSE(is_made(test::RandomChain({784, 392, 10}, 1), 10));
  EXPECT_FALSE(is_made(test::RandomChain({700, 700, 10}, 1), 120));
  EXPECT_FALSE(is_made(test::RandomChain({5000, 2049, 10}, 1), kMany)) << "32 MB";
  EXPECT_FALSE(is_made(test::RandomChain({1200, 800}, 1), 120));
  EXPECT_TRUE(is_made(SideBySide(), 120));

  const UnitGraph mixed = test::MixedGraph(3);
  UnitGraph sparse;
  for (const int group : {1, 2, 1}) sparse.AddGroup(mixed.groups()[group]);
  for (Block block : mixed.blocks()) {
    if (!block.is_sparse() || block.source != 2 || block.target != 1) continue;
    block.source = 1;
    block.target = 0;
    sparse.AddBlock(std::move(block));
  }
  ASSERT_EQ(sparse.blocks().size(), 1);
  EXPECT_FALSE(is_made(sparse, kMany));
}

TEST(GramMatrix, CanBeCancelled) {
  RunContext context;
  context.Cancel();
  const UnitGraph graph = test::RandomChain({50, 10, 10}, 1);
  EXPECT_THROW(GramMatrix(graph, {0, 1, 0}, RandomScale(graph.units()), kMany, context), Cancelled);
}

TEST(ApplyGram, AgreesWithTheDenseProduct) {
  for (int size = 1; size < 40; ++size) {
    const MatrixXd lower = MatrixXd::Random(size, size).cwiseAbs().triangularView<Eigen::Lower>();
    const VectorXd x = VectorXd::Random(size);
    VectorXd y = VectorXd::Constant(size, 1e300);
    ApplyGram(lower, x.data(), y.data());
    const VectorXd expected = lower.selfadjointView<Eigen::Lower>() * x;
    EXPECT_LT((y - expected).cwiseAbs().maxCoeff(), 1e-13) << size;
  }
}

}  // namespace
}  // namespace modlab
