#include "core/train/clusterability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/community/leiden.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

const std::vector<test::Layer> kOracle = {{{12, -1.3}, {0, 7.4}}, {{-8.9, .15}, {.23, -5.7}}};

Clusterability Compute(const UnitGraph& graph, int eigenvalues, int threads = 1) {
  RunContext context(threads);
  return ComputeClusterability(graph, {.eigenvalues = eigenvalues}, context);
}

/// One past the largest offset of a dense block's data.
int64_t DataSize(const Block& block) {
  if (block.is_sparse()) return block.row_starts[block.target_units];
  return (block.target_units - 1) * block.target_stride +
         (block.source_units / block.convolution_groups - 1) * block.source_stride + 1;
}

/// A gradient for each block, zero at first.
template <typename Gradient>
struct Gradients {
  explicit Gradients(const UnitGraph& graph) {
    for (const Block& block : graph.blocks()) memory.emplace_back(DataSize(block), Gradient{0});
    for (auto& of_block : memory) bases.push_back(of_block.data());
  }
  std::vector<std::vector<Gradient>> memory;
  std::vector<Gradient*> bases;
};

/// Puts a value into a block's data and says what it became.
double Put(const Block& block, int64_t offset, double value) {
  if (block.float_data != nullptr) {
    return const_cast<float*>(block.float_data)[offset] = static_cast<float>(value);
  }
  return const_cast<double*>(block.double_data)[offset] = value;
}

double ElementAt(const Block& block, int64_t offset) {
  return block.float_data != nullptr ? block.float_data[offset] : block.double_data[offset];
}

/// Elements whose weights lie near 0 or the threshold have no derivative to compare with.
bool IsSmooth(const Block& block, int64_t offset, double step) {
  return std::abs(ElementAt(block, offset)) > 4 * step + block.threshold * 10;
}

/// Compares gradients with central differences, at up to `most` elements of each block.
void ExpectGradient(const UnitGraph& graph, int eigenvalues, int most = 1000) {
  const Clusterability clusterability = Compute(graph, eigenvalues);
  RunContext context(2);
  Gradients<double> gradients(graph);
  AddClusterabilityGradient(graph, clusterability, 2, gradients.bases, context);
  int compared = 0;
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const Block& block = graph.blocks()[i];
    const double step = block.float_data != nullptr ? 1e-3 : 1e-5;
    const int64_t stride = DataSize(block) / most + 1;
    for (int64_t offset = 0; offset < DataSize(block); offset += stride) {
      const double element = ElementAt(block, offset);
      if (!IsSmooth(block, offset, step)) continue;
      const double above = Put(block, offset, element + step);
      const double sum_above = Compute(graph, eigenvalues).sum;
      const double below = Put(block, offset, element - step);
      const double sum_below = Compute(graph, eigenvalues).sum;
      Put(block, offset, element);
      const double expected = 2 * (sum_above - sum_below) / (above - below);
      EXPECT_NEAR(gradients.memory[i][offset], expected, block.float_data != nullptr ? 1e-5 : 1e-8)
          << "block " << i << ", offset " << offset;
      ++compared;
    }
  }
  EXPECT_GT(compared, 10);
}

TEST(Clusterability, SumsTheOraclesEigenvalues) {
  const Clusterability clusterability = Compute(test::Chain(kOracle), 4);
  const std::vector<double> expected = {.09380119, 1, 1, 1.90619881};
  ASSERT_EQ(clusterability.eigenvalues.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(clusterability.eigenvalues[i], expected[i], 1e-8);
  EXPECT_NEAR(clusterability.sum, 4, 1e-8);
  EXPECT_NEAR(clusterability.gap, 2 - 1.90619881, 1e-8);
  EXPECT_NEAR(Compute(test::Chain(kOracle), 1).sum, .09380119, 1e-8);
  EXPECT_EQ(Compute(test::Chain(kOracle), 5).gap, std::numeric_limits<double>::infinity());
}

TEST(Clusterability, CountsFurtherComponentsAsZero) {
  UnitGraph graph;
  for (int group = 0; group < 2; ++group) graph.AddGroup({.name = "", .operation = "linear", .units = 3});
  graph.AddBlock(OwnedBlock(0, 1, 3, 3, {2, 0, 0, 0, -1, 0, 0, 0, 5}));
  EXPECT_DOUBLE_EQ(Compute(graph, 2).sum, 0);
  EXPECT_NEAR(Compute(graph, 3).sum, 2, 1e-12);
}

TEST(ClusterabilityGradient, IsThatOfFiniteDifferences) {
  for (const uint64_t seed : {1, 2}) {
    const UnitGraph graph = test::RandomChain({5, 6, 4, 3}, seed);
    for (const int eigenvalues : {1, 3, 6}) ExpectGradient(graph, eigenvalues);
  }
}

TEST(ClusterabilityGradient, IsThatOfFiniteDifferencesWithUnitsWithoutEdges) {
  test::Layer first(4, std::vector<double>(4, 0));
  test::Layer second = first;
  Random random(4);
  for (auto* const layer : {&first, &second}) {
    for (auto& row : *layer) {
      for (double& weight : row) weight = 2 * random.Uniform() - 1;
    }
  }
  for (int i = 0; i < 4; ++i) first[1][i] = first[i][2] = second[2][i] = 0;
  const UnitGraph graph = test::Chain({first, second});
  ExpectGradient(graph, 2);

  const Clusterability clusterability = Compute(graph, 2);
  EXPECT_EQ(clusterability.coordinates.row(1).norm(), 0);
  RunContext context;
  Gradients<double> gradients(graph);
  AddClusterabilityGradient(graph, clusterability, 1, gradients.bases, context);
  for (size_t block = 0; block < graph.blocks().size(); ++block) {
    for (int64_t i = 0; i < DataSize(graph.blocks()[block]); ++i) {
      EXPECT_EQ(gradients.memory[block][i] == 0, graph.blocks()[block].double_data[i] == 0);
    }
  }
}

TEST(ClusterabilityGradient, IsThatOfFiniteDifferencesForEverythingThatABlockMayBe) {
  ExpectGradient(test::MixedGraph(3), 2, 4);
}

TEST(ClusterabilityGradient, IsExactForAWholeSetOfEqualEigenvalues) {
  // The oracle network twice: every eigenvalue twice.
  UnitGraph graph;
  for (int group = 0; group < 6; ++group) graph.AddGroup({.name = "", .operation = "linear", .units = 2});
  for (const int first : {0, 3}) {
    graph.AddBlock(OwnedBlock(first, first + 1, 2, 2, {12, 0.5, -1.3, 7.4}));
    graph.AddBlock(OwnedBlock(first + 1, first + 2, 2, 2, {-8.9, .23, .15, -5.7}));
  }
  EXPECT_GT(Compute(graph, 3).gap, 0.1);
  ExpectGradient(graph, 3);
  EXPECT_NEAR(Compute(graph, 2).gap, 0, 1e-12);
}

TEST(ClusterabilityGradient, AddsInSinglePrecisionAndSkipsBlocks) {
  const UnitGraph graph = test::RandomChain({4, 5, 3}, 9);
  const Clusterability clusterability = Compute(graph, 2);
  RunContext context;
  Gradients<double> exact(graph);
  AddClusterabilityGradient(graph, clusterability, 0.5, exact.bases, context);
  Gradients<float> single(graph);
  for (float& gradient : single.memory[1]) gradient = 3;
  single.bases[0] = nullptr;
  AddClusterabilityGradient(graph, clusterability, 0.5, single.bases, context);
  for (const float gradient : single.memory[0]) EXPECT_EQ(gradient, 0);
  for (size_t i = 0; i < single.memory[1].size(); ++i) EXPECT_NEAR(single.memory[1][i], 3 + exact.memory[1][i], 1e-6);
}

TEST(ClusterabilityGradient, AddsUpWhereBlocksShareTheirWeights) {
  UnitGraph graph;
  for (int group = 0; group < 3; ++group) graph.AddGroup({.name = "", .operation = "linear", .units = 2});
  Block block = OwnedBlock(0, 1, 2, 2, {1, -2, 0.5, 3});
  graph.AddBlock(block);
  block.source = 1;
  block.target = 2;
  graph.AddBlock(block);
  std::vector<double> shared(4, 0);
  RunContext context;
  AddClusterabilityGradient(graph, Compute(graph, 1), 1, std::vector<double*>{shared.data(), shared.data()}, context);
  for (int i = 0; i < 4; ++i) {
    const double element = block.double_data[i];
    const double above = (Put(block, i, element + 1e-5), Compute(graph, 1).sum);
    const double below = (Put(block, i, element - 1e-5), Compute(graph, 1).sum);
    Put(block, i, element);
    EXPECT_NEAR(shared[i], (above - below) / 2e-5, 1e-8);
  }
}

TEST(ClusterabilityGradient, IsTheSameForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({300, 200, 150}, 5);
  const Clusterability clusterability = Compute(graph, 3);
  std::vector<std::vector<std::vector<float>>> results;
  for (const int threads : {1, 3}) {
    RunContext context(threads);
    Gradients<float> gradients(graph);
    AddClusterabilityGradient(graph, clusterability, 1, gradients.bases, context);
    results.push_back(gradients.memory);
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST(ClusterabilityGradient, IsGivenEntryByEntry) {
  const UnitGraph graph = test::RandomChain({4, 5, 3}, 9);
  const Clusterability clusterability = Compute(graph, 3);
  RunContext context;
  Gradients<double> gradients(graph);
  AddClusterabilityGradient(graph, clusterability, 1, gradients.bases, context);
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const Block& block = graph.blocks()[i];
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        const int64_t offset = target * block.target_stride + source;
        const double sign = block.double_data[offset] > 0 ? 1 : -1;
        EXPECT_NEAR(gradients.memory[i][offset], sign * EntryGradient(graph, clusterability, block, target, source),
                    1e-14);
      }
    }
  }
}

TEST(Clusterability, DoesNotDependOnTheOrderOfHiddenUnits) {
  const UnitGraph graph = test::RandomChain({6, 7, 8, 4}, 11);
  const test::Permuted permuted = test::PermuteHidden(graph, 5);
  const Clusterability original = Compute(graph, 3);
  const Clusterability other = Compute(permuted.graph, 3);
  EXPECT_NEAR(original.sum, other.sum, 1e-12);
  for (int a = 0; a < graph.units(); ++a) {
    for (int b = 0; b < graph.units(); ++b) {
      EXPECT_NEAR(other.EdgeGradient(a, b), original.EdgeGradient(permuted.unit_of[a], permuted.unit_of[b]), 1e-10);
    }
  }
}

TEST(Clusterability, DescentMakesANetworkModular) {
  const UnitGraph graph = test::RandomChain({12, 12, 12}, 2);
  RunContext context;
  const double sum_before = Compute(graph, 3).sum;
  const double modularity_before = Leiden(graph, {}, context).modularity;
  for (int step = 0; step < 300; ++step) {
    Gradients<double> gradients(graph);
    AddClusterabilityGradient(graph, Compute(graph, 3), 1, gradients.bases, context);
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      const Block& block = graph.blocks()[i];
      for (int64_t offset = 0; offset < DataSize(block); ++offset) {
        Put(block, offset, ElementAt(block, offset) - 0.5 * gradients.memory[i][offset]);
      }
    }
  }
  EXPECT_LT(Compute(graph, 3).sum, 0.5 * sum_before);
  EXPECT_GT(Leiden(graph, {}, context).modularity, modularity_before + 0.1);
}

TEST(Clusterability, SaysWhatIsWrong) {
  RunContext context;
  const UnitGraph graph = test::Chain(kOracle);
  const auto kind_of = [&](int eigenvalues) {
    try {
      ComputeClusterability(graph, {.eigenvalues = eigenvalues}, context);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kOutOfMemory;
  };
  EXPECT_EQ(kind_of(0), ErrorKind::kInvalidOption);
  EXPECT_EQ(kind_of(6), ErrorKind::kClustersOutOfRange);

  UnitGraph of_parts;
  for (int group = 0; group < 2; ++group) of_parts.AddGroup({.name = "", .operation = "linear", .units = 2});
  Block block = OwnedBlock(0, 1, 2, 2, {1, -2, 0.5, 3});
  block.part = WeightPart::kPositive;
  of_parts.AddBlock(block);
  EXPECT_THROW(ComputeClusterability(of_parts, {}, context), std::logic_error);
  const Clusterability clusterability = Compute(graph, 1);
  EXPECT_THROW(AddClusterabilityGradient(graph, clusterability, 1, std::vector<float*>(1), context), std::logic_error);
}

}  // namespace
}  // namespace modlab
