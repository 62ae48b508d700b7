#include "core/spectral/embedding.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// L of the units with edges, entry by entry.
MatrixXd DenseLaplacian(const UnitGraph& graph) {
  const MatrixXd adjacency = test::DenseAdjacency(graph);
  const VectorXd degrees = adjacency.rowwise().sum();
  std::vector<int> units;
  for (int unit = 0; unit < graph.units(); ++unit) {
    if (degrees[unit] > 0) units.push_back(unit);
  }
  const VectorXd scale = degrees(units).cwiseSqrt().cwiseInverse();
  return MatrixXd::Identity(scale.size(), scale.size()) -
         scale.asDiagonal() * adjacency(units, units) * scale.asDiagonal();
}

Embedding EmbedGraph(const UnitGraph& graph, int dimensions, int threads = 1) {
  RunContext context(threads);
  return Embed(BlockAffinity(graph, context), dimensions, context);
}

/// What must hold of every embedding, and that its eigenvalues are the smallest of L, as often as they are multiple.
void ExpectEigenpairs(const UnitGraph& graph, const Embedding& embedding, int dimensions,
                      const VectorXd& expected_eigenvalues) {
  const MatrixXd laplacian = DenseLaplacian(graph);
  ASSERT_EQ(embedding.vectors.rows(), laplacian.rows());
  ASSERT_EQ(embedding.vectors.cols(), dimensions);
  ASSERT_EQ(embedding.units.size(), static_cast<size_t>(laplacian.rows()));
  ASSERT_EQ(embedding.eigenvalues.size(),
            static_cast<size_t>(std::min<Eigen::Index>(dimensions + 1, laplacian.rows())));
  for (size_t i = 0; i < embedding.eigenvalues.size(); ++i) {
    EXPECT_NEAR(embedding.eigenvalues[i], expected_eigenvalues[static_cast<Eigen::Index>(i)], 1e-9) << i;
  }
  const MatrixXd gram = embedding.vectors.transpose() * embedding.vectors;
  EXPECT_LT((gram - MatrixXd::Identity(dimensions, dimensions)).cwiseAbs().maxCoeff(), 1e-10);
  double residual = 0;
  for (int column = 0; column < dimensions; ++column) {
    const VectorXd vector = embedding.vectors.col(column);
    residual = std::max(residual, (laplacian * vector - embedding.eigenvalues[column] * vector).norm());
    Eigen::Index largest = 0;
    vector.cwiseAbs().maxCoeff(&largest);
    EXPECT_GT(vector[largest], 0);
  }
  EXPECT_LT(residual, 1e-10);
  EXPECT_NEAR(embedding.residual, residual, 1e-12);
  const MatrixXd adjacency = test::DenseAdjacency(graph);
  for (size_t row = 0; row < embedding.units.size(); ++row) {
    const double degree = adjacency.row(embedding.units[row]).sum();
    const auto i = static_cast<Eigen::Index>(row);
    EXPECT_LT((embedding.coordinates.row(i) * std::sqrt(degree) - embedding.vectors.row(i)).norm(), 1e-12);
  }
}

void ExpectEigenpairs(const UnitGraph& graph, int dimensions) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> truth(DenseLaplacian(graph), Eigen::EigenvaluesOnly);
  ExpectEigenpairs(graph, EmbedGraph(graph, dimensions), dimensions, truth.eigenvalues());
}

// definitions.md, section 13.
TEST(Embed, OracleEigenvalues) {
  const UnitGraph graph = test::Chain({{{12, -1.3}, {0, 7.4}}, {{-8.9, .15}, {.23, -5.7}}});
  const Embedding embedding = EmbedGraph(graph, 6);
  const std::vector<double> expected{0, .09380119, 1, 1, 1.90619881, 2};
  ASSERT_EQ(embedding.eigenvalues.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(embedding.eigenvalues[i], expected[i], 5e-9) << i;
  EXPECT_EQ(embedding.eigenvalues[0], 0);
}

TEST(Embed, OracleEigenvaluesOfAllOnes) {
  const test::Layer ones{{1, 1}, {1, 1}};
  const Embedding embedding = EmbedGraph(test::Chain({ones, ones}), 6);
  const std::vector<double> expected{0, 1, 1, 1, 1, 2};
  ASSERT_EQ(embedding.eigenvalues.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(embedding.eigenvalues[i], expected[i], 1e-12) << i;
}

TEST(Embed, FirstVectorIsConstantAfterScaling) {
  const Embedding embedding = EmbedGraph(test::RandomChain({30, 20, 10}, 1), 3);
  const VectorXd first = embedding.coordinates.col(0);
  EXPECT_LT((first.array() / first[0] - 1).abs().maxCoeff(), 1e-13);
}

TEST(Embed, SmallGraphsOfEveryKind) {
  ExpectEigenpairs(test::RandomChain({20, 30, 10}, 2), 8);
  ExpectEigenpairs(test::RandomChain({5, 4}, 3), 9);  // all of them
  ExpectEigenpairs(test::PlantedChain({12, 12, 12}, 3, 0, 4), 5);
  ExpectEigenpairs(test::RandomChain({40, 3, 10}, 5), 8);  // eigenvalue 1 many times over
}

TEST(Embed, LargeGraphs) {
  ExpectEigenpairs(test::RandomChain({300, 190, 20}, 6), 8);
  ExpectEigenpairs(test::MixedGraph(7), 12);
  ExpectEigenpairs(test::PlantedChain({200, 200, 120}, 4, 0.1, 8), 4);
}

/// An affinity that is applied and never formed.
class OnlyApplied final : public AffinityOperator {
 public:
  explicit OnlyApplied(const AffinityOperator& other) : other_(other) {}
  int units() const override { return other_.units(); }
  void Apply(const double* x, double* y, int columns) const override { other_.Apply(x, y, columns); }
  const std::vector<double>& degrees() const override { return other_.degrees(); }
  std::optional<std::vector<char>> Sides() const override { return other_.Sides(); }
  std::optional<MatrixXd> SideGram(char, const std::vector<double>&, int) const override { return std::nullopt; }
  std::vector<int> Components() const override { return other_.Components(); }

 private:
  const AffinityOperator& other_;
};

TEST(Embed, LayeredGraphsWhoseGramMatrixIsNotFormed) {
  for (const UnitGraph& graph : {test::RandomChain({300, 190, 20}, 6), test::PlantedChain({200, 200, 120}, 4, 0.1, 8),
                                 test::RandomChain({500, 3, 20}, 11)}) {
    RunContext context;
    const BlockAffinity affinity(graph, context);
    const Eigen::SelfAdjointEigenSolver<MatrixXd> truth(DenseLaplacian(graph), Eigen::EigenvaluesOnly);
    ExpectEigenpairs(graph, Embed(OnlyApplied(affinity), 4, context), 4, truth.eigenvalues());
  }
}

TEST(Embed, LayeredGraphsWithUnitsWithoutEdgesOnEitherSide) {
  UnitGraph graph = test::RandomChain({400, 150, 20}, 15);
  std::vector<char> removed(graph.units(), 0);
  for (const int unit : {0, 7, 399, 400, 444, 549, 550, 569}) removed[unit] = 1;
  graph.RemoveWeights(removed);
  ExpectEigenpairs(graph, 5);
}

TEST(Embed, ManyDimensionsOfALargeGraph) { ExpectEigenpairs(test::RandomChain({300, 210}, 9), 200); }

/// Layers side by side, `copies` of them, without a connection between the copies.
UnitGraph GraphsSideBySide(const UnitGraph& chain, int copies) {
  UnitGraph graph;
  for (Group group : chain.groups()) {
    group.units *= copies;
    graph.AddGroup(group);
  }
  for (const Block& block : chain.blocks()) {
    std::vector<double> weights(static_cast<size_t>(copies) * copies * block.target_units * block.source_units, 0.0);
    for (int copy = 0; copy < copies; ++copy) {
      for (int target = 0; target < block.target_units; ++target) {
        for (int source = 0; source < block.source_units; ++source) {
          const int row = copy * block.target_units + target;
          weights[static_cast<size_t>(row) * copies * block.source_units + copy * block.source_units + source] =
              block.entry(target, source);
        }
      }
    }
    graph.AddBlock(OwnedBlock(block.source, block.target, copies * block.source_units, copies * block.target_units,
                              std::move(weights)));
  }
  return graph;
}

/// Two layers along a line, weights falling off with distance: the eigenvalues lie far apart.
UnitGraph SmoothChain(int inputs, int outputs) {
  test::Layer layer(inputs, std::vector<double>(outputs));
  for (int input = 0; input < inputs; ++input) {
    for (int output = 0; output < outputs; ++output) {
      const double distance = (output + 0.3) / outputs - static_cast<double>(input) / inputs;
      layer[input][output] = std::exp(-std::abs(distance) / 0.1);
    }
  }
  return test::Chain({layer});
}

// Lanczos from one start vector converges to one copy of each of these eigenvalues and then to smaller ones.
TEST(Embed, FindsEveryCopyOfMultipleEigenvaluesOfLargeGraphs) {
  const UnitGraph chain = SmoothChain(100, 80);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> one(DenseLaplacian(chain), Eigen::EigenvaluesOnly);
  const int copies = 3;
  const UnitGraph graph = GraphsSideBySide(chain, copies);
  for (const int dimensions : {4, 5, 8, 10}) {
    VectorXd expected(dimensions + 1);
    for (int i = 0; i <= dimensions; ++i) expected[i] = one.eigenvalues()[i / copies];
    const Embedding embedding = EmbedGraph(graph, dimensions);
    ExpectEigenpairs(graph, embedding, dimensions, expected);
    for (int i = 0; i < copies; ++i) EXPECT_EQ(embedding.eigenvalues[i], 0) << "exactly";
  }
}

TEST(Embed, FunnelsHaveEigenvalueOneManyTimesOver) {
  // Of a 500-3-20 network all but six eigenvalues of L are 1.
  const UnitGraph graph = test::RandomChain({500, 3, 20}, 11);
  const Embedding embedding = EmbedGraph(graph, 8);
  VectorXd expected(9);
  for (int i = 0; i < 9; ++i) expected[i] = i < 3 ? embedding.eigenvalues[i] : 1;
  EXPECT_LT(embedding.eigenvalues[2], 1);
  ExpectEigenpairs(graph, embedding, 8, expected);

  const test::Layer ones(400, std::vector<double>(150, 1.0));
  const UnitGraph uniform = test::Chain({ones});  // 0, then 1 548 times, then 2
  ExpectEigenpairs(uniform, EmbedGraph(uniform, 5), 5, (VectorXd(6) << 0, 1, 1, 1, 1, 1).finished());
}

TEST(Embed, MoreComponentsThanDimensionsTakesThoseOfLargestVolume) {
  const UnitGraph graph = test::Chain({{{1, 0, 0}, {0, 5, 0}, {0, 0, 3}}});
  const Embedding embedding = EmbedGraph(graph, 2);
  EXPECT_EQ(embedding.eigenvalues, (std::vector<double>{0, 0, 0}));
  const double half = std::sqrt(.5);
  const MatrixXd expected{{0, 0}, {half, 0}, {0, half}, {0, 0}, {half, 0}, {0, half}};
  EXPECT_LT((embedding.vectors - expected).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_LT(embedding.residual, 1e-15);
}

TEST(Embed, LeavesOutUnitsWithoutEdges) {
  const UnitGraph graph = test::Chain({{{1, 0}, {0, 0}, {2, 0}}, {{3}, {0}}});
  EXPECT_EQ(EmbedGraph(graph, 2).units, (std::vector<int>{0, 2, 3, 5}));
}

TEST(Embed, GivesTheSameBitsForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({400, 200, 10}, 12);
  const Embedding expected = EmbedGraph(graph, 6);
  for (const int threads : {1, 2, 3}) {
    const Embedding embedding = EmbedGraph(graph, 6, threads);
    EXPECT_EQ(embedding.eigenvalues, expected.eigenvalues) << threads;
    EXPECT_EQ(embedding.vectors, expected.vectors) << threads;
    EXPECT_EQ(embedding.coordinates, expected.coordinates) << threads;
  }
}

TEST(Embed, ScalingAllWeightsLeavesTheEigenpairs) {
  for (const std::vector<int>& widths : {std::vector<int>{40, 30, 10}, std::vector<int>{300, 120, 10}}) {
    const UnitGraph graph = test::RandomChain(widths, 13);
    const Embedding expected = EmbedGraph(graph, 4);
    for (const double factor : {1e-150, 1e-290, 1e150}) {
      const Embedding scaled = EmbedGraph(test::Scaled(graph, factor), 4);
      EXPECT_LT((scaled.vectors - expected.vectors).cwiseAbs().maxCoeff(), 1e-9) << factor;
    }
  }
}

TEST(Embed, LeavesWhenCancelledBetweenApplications) {
  for (const std::vector<int>& widths : {std::vector<int>{20, 10}, std::vector<int>{400, 300}}) {  // dense, Lanczos
    const UnitGraph graph = test::RandomChain(widths, 14);
    int reports = 0;
    RunContext* running = nullptr;
    RunContext context(2, [&](std::string_view phase, std::optional<double>) {
      EXPECT_EQ(phase, "embed");
      ++reports;
      running->Cancel();
    });
    running = &context;
    const BlockAffinity affinity(graph, context);
    EXPECT_THROW(Embed(affinity, 4, context), Cancelled);
    EXPECT_EQ(reports, 1);
  }
}

ErrorKind EigenpairKindOf(const UnitGraph& graph, int dimensions) {
  try {
    EmbedGraph(graph, dimensions);
  } catch (const Error& error) {
    EXPECT_FALSE(std::string(error.what()).empty());
    return error.kind();
  }
  ADD_FAILURE() << "accepted";
  return ErrorKind::kInvalidOption;
}

TEST(Embed, RefusesWhatCannotBeEmbedded) {
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}, {{1, 0}, {1, 0}}});  // five units with edges
  EXPECT_EQ(EigenpairKindOf(graph, 6), ErrorKind::kClustersOutOfRange);
  EXPECT_EQ(EigenpairKindOf(graph, 0), ErrorKind::kClustersOutOfRange);
  EXPECT_EQ(EigenpairKindOf(test::Chain({{{0, 0}, {0, 0}}}), 1), ErrorKind::kNoEdges);
}

}  // namespace
}  // namespace modlab
