#include "core/measure/null_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

UnitGraph Draw(const UnitGraph& graph, NullModel model, uint64_t seed = 1) {
  RunContext context;
  Random random(seed);
  return DrawNull(graph, model, random, context);
}

/// All entries of a block, row-major [target][source].
std::vector<double> Entries(const Block& block) {
  std::vector<double> entries;
  for (int target = 0; target < block.target_units; ++target) {
    for (int source = 0; source < block.source_units; ++source) entries.push_back(block.entry(target, source));
  }
  return entries;
}

std::vector<double> Sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// Equal up to float's rounding, which is what samples of float blocks are kept in.
void ExpectSameValues(const std::vector<double>& a, const std::vector<double>& b, bool is_float) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], is_float ? 1e-7 * std::abs(b[i]) : 0) << i;
}

/// A layer of 6 sources and 5 targets that a weight can occupy in two thirds of its places; some of those are pruned.
UnitGraph SparseLayer() {
  Random random(5);
  std::vector<double> weights(30, 0.0);
  auto occupiable = std::make_shared<std::vector<uint8_t>>(30, uint8_t{0});
  for (size_t i = 0; i < weights.size(); ++i) {
    (*occupiable)[i] = i % 3 != 0 ? 1 : 0;
    if (i % 3 == 1) weights[i] = 1 + random.Uniform();
  }
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 6});
  graph.AddGroup({.name = "layer", .operation = "linear", .units = 5});
  Block block = OwnedBlock(0, 1, 6, 5, std::move(weights));
  block.occupiable = occupiable;
  graph.AddBlock(std::move(block));
  return graph;
}

TEST(DrawNull, KeepsEveryBlocksWeights) {
  const UnitGraph graph = test::MixedGraph(3);
  for (const NullModel model : {NullModel::kLayer, NullModel::kLayerNonzero}) {
    const UnitGraph null = Draw(graph, model);
    ASSERT_EQ(null.blocks().size(), graph.blocks().size());
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      const Block& block = graph.blocks()[i];
      ExpectSameValues(Sorted(Entries(null.blocks()[i])), Sorted(Entries(block)), block.float_data != nullptr);
    }
  }
}

TEST(DrawNull, MovesWeights) {
  const UnitGraph graph = test::RandomChain({12, 11, 10}, 1);
  const UnitGraph null = Draw(graph, NullModel::kLayer);
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const std::vector<double> before = Entries(graph.blocks()[i]);
    const std::vector<double> after = Entries(null.blocks()[i]);
    int moved = 0;
    for (size_t entry = 0; entry < before.size(); ++entry) moved += before[entry] != after[entry] ? 1 : 0;
    EXPECT_GT(moved, static_cast<int>(before.size()) * 9 / 10);
  }
}

TEST(DrawNull, LayerMovesASparseBlocksWeightsToOtherPlaces) {
  const UnitGraph graph = test::MixedGraph(3);
  const UnitGraph null = Draw(graph, NullModel::kLayer);
  int sparse = 0;
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const Block& block = null.blocks()[i];
    EXPECT_EQ(block.is_sparse(), graph.blocks()[i].is_sparse());
    if (!block.is_sparse()) continue;
    ++sparse;
    const std::vector<double> before = Entries(graph.blocks()[i]);
    const std::vector<double> after = Entries(block);
    int stayed = 0;
    int all = 0;
    for (size_t entry = 0; entry < before.size(); ++entry) {
      all += before[entry] != 0 ? 1 : 0;
      stayed += before[entry] != 0 && after[entry] != 0 ? 1 : 0;
    }
    EXPECT_LT(stayed, all / 2) << i;  // at most a fifth of the places have weights
  }
  EXPECT_EQ(sparse, 3);
}

TEST(DrawNull, LayerFillsExactlyThePlacesThatAWeightCanOccupy) {
  const UnitGraph graph = SparseLayer();
  std::map<size_t, int> filled;
  constexpr int draws = 400;
  for (int seed = 0; seed < draws; ++seed) {
    const std::vector<double> entries = Entries(Draw(graph, NullModel::kLayer, seed).blocks()[0]);
    for (size_t i = 0; i < entries.size(); ++i) filled[i] += entries[i] != 0 ? 1 : 0;
  }
  for (const auto& [place, times] : filled) {
    if (place % 3 == 0) {
      EXPECT_EQ(times, 0) << place;
    } else {
      EXPECT_NEAR(times, draws / 2, 5 * std::sqrt(draws) / 2) << place;  // half of the places are pruned
    }
  }
}

TEST(DrawNull, StaysInsideAGroupedConvolutionsParts) {
  const UnitGraph graph = test::MixedGraph(4);
  for (const NullModel model : {NullModel::kLayer, NullModel::kLayerNonzero, NullModel::kDegree}) {
    const UnitGraph null = Draw(graph, model);
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      EXPECT_EQ(null.blocks()[i].convolution_groups, graph.blocks()[i].convolution_groups);
      EXPECT_NEAR(Totals(null.blocks()[i]).weight, Totals(graph.blocks()[i]).weight,
                  1e-6 * Totals(graph.blocks()[i]).weight);
    }
  }
}

TEST(DrawNull, LayerNonzeroAndDegreeKeepThePattern) {
  const UnitGraph graph = SparseLayer();
  const std::vector<double> before = Entries(graph.blocks()[0]);
  for (const NullModel model : {NullModel::kLayerNonzero, NullModel::kDegree}) {
    const std::vector<double> after = Entries(Draw(graph, model).blocks()[0]);
    for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i] != 0, after[i] != 0) << i;
  }
}

TEST(DrawNull, DegreeKeepsEveryUnitsStrengthInEveryBlock) {
  for (const UnitGraph& graph : {test::MixedGraph(6), SparseLayer(), test::RandomChain({40, 30, 20}, 2)}) {
    const UnitGraph null = Draw(graph, NullModel::kDegree);
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      const Block& before = graph.blocks()[i];
      const Block& after = null.blocks()[i];
      for (int target = 0; target < before.target_units; ++target) {
        double wanted = 0;
        double got = 0;
        for (int source = 0; source < before.source_units; ++source) {
          wanted += before.entry(target, source);
          got += after.entry(target, source);
        }
        EXPECT_NEAR(got, wanted, 1e-6 * wanted) << "block " << i << ", target " << target;
      }
      for (int source = 0; source < before.source_units; ++source) {
        double wanted = 0;
        double got = 0;
        for (int target = 0; target < before.target_units; ++target) {
          wanted += before.entry(target, source);
          got += after.entry(target, source);
        }
        EXPECT_NEAR(got, wanted, 1e-6 * wanted) << "block " << i << ", source " << source;
      }
    }
  }
}

TEST(DrawNull, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const UnitGraph graph = test::RandomChain({9, 8, 7}, 2);
  for (const NullModel model : {NullModel::kLayer, NullModel::kLayerNonzero, NullModel::kDegree}) {
    EXPECT_EQ(test::DenseAdjacency(Draw(graph, model, 1)), test::DenseAdjacency(Draw(graph, model, 1)));
    EXPECT_NE(test::DenseAdjacency(Draw(graph, model, 1)), test::DenseAdjacency(Draw(graph, model, 2)));
  }
}

TEST(DrawNull, LeavesTheGraphAsItWas) {
  const UnitGraph graph = test::MixedGraph(7);
  const Eigen::MatrixXd before = test::DenseAdjacency(graph);
  Draw(graph, NullModel::kDegree);
  EXPECT_EQ(test::DenseAdjacency(graph), before);
}

TEST(DrawNull, LeavesWhenCancelled) {
  RunContext context;
  context.Cancel();
  Random random(1);
  EXPECT_THROW(DrawNull(test::RandomChain({5, 4}, 1), NullModel::kLayer, random, context), Cancelled);
}

}  // namespace
}  // namespace modlab
