#include "core/graph/sparse_entries.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "core/graph/weight_part.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

std::vector<double> EntriesOf(const Block& block) {
  std::vector<double> entries;
  for (int target = 0; target < block.target_units; ++target) {
    for (int source = 0; source < block.source_units; ++source) entries.push_back(block.entry(target, source));
  }
  return entries;
}

/// A block of 40 sources and 64 targets, rows or columns along memory, one entry in `one_in` other than zero; the
/// scales take the weights of source 3 away.
Block Pruned(int one_in, bool rows_are_sources) {
  Random random(2);
  std::vector<double> weights(40 * 64, 0.0);
  for (size_t i = 0; i < weights.size(); i += one_in) weights[i] = 2 * random.Uniform() - 1;
  Block block = OwnedBlock(0, 1, 40, 64, std::move(weights));
  if (rows_are_sources) {
    block.target_stride = 1;
    block.source_stride = 64;
  }
  block.source_scale.assign(40, 1.5);
  block.source_scale[3] = 0;
  return block;
}

TEST(CompressedIfSparse, KeepsWeightsAndSignsOfPrunedBlocks) {
  RunContext context(2);
  for (const bool rows_are_sources : {false, true}) {
    const Block dense = Pruned(17, rows_are_sources);
    const Block sparse = CompressedIfSparse(dense, context);
    ASSERT_TRUE(sparse.is_sparse());
    EXPECT_LT(sparse.stored_entries(), 40 * 64 / 16);
    EXPECT_EQ(EntriesOf(sparse), EntriesOf(dense));
    EXPECT_EQ(EntriesOf(PartOf(sparse, WeightPart::kSigned)), EntriesOf(PartOf(dense, WeightPart::kSigned)));
    EXPECT_EQ(Totals(sparse).entries, Totals(dense).entries);
    EXPECT_EQ(Totals(sparse).edges, Totals(dense).edges);
    EXPECT_NEAR(Totals(sparse).weight, Totals(dense).weight, 1e-12);
  }
}

TEST(CompressedIfSparse, LeavesOthersAsTheyAre) {
  RunContext context;
  EXPECT_FALSE(CompressedIfSparse(Pruned(15, false), context).is_sparse());
  Block grouped = Pruned(1, false);  // most of the matrix is no weights' place, but those are all there
  grouped.source_units = 160;
  grouped.convolution_groups = 4;
  grouped.source_scale.clear();
  EXPECT_FALSE(CompressedIfSparse(grouped, context).is_sparse());
  context.Cancel();
  EXPECT_THROW(CompressedIfSparse(Pruned(17, false), context), Cancelled);
}

TEST(CompressedIfSparse, LeavesOutWhatTheThresholdTakesAway) {
  RunContext context;
  Block dense = Pruned(10, false);
  dense.threshold = 0.75;
  const Block sparse = CompressedIfSparse(dense, context);
  ASSERT_TRUE(sparse.is_sparse());
  EXPECT_EQ(sparse.stored_entries(), Totals(dense).edges);
  EXPECT_EQ(EntriesOf(sparse), EntriesOf(dense));
}

TEST(Transposed, SparseBlocksHaveTheSameWeightsTheOtherWay) {
  int sparse = 0;
  const UnitGraph graph = test::SignedGraph(4);
  for (const Block& block : graph.blocks()) {
    if (!block.is_sparse()) continue;
    ++sparse;
    const Block transposed = Transposed(block);
    const Block with_signs = PartOf(block, WeightPart::kSigned);
    const Block transposed_with_signs = PartOf(transposed, WeightPart::kSigned);
    ASSERT_EQ(transposed.source_units, block.target_units);
    ASSERT_EQ(transposed.target, block.source);
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        ASSERT_DOUBLE_EQ(transposed.entry(source, target), block.entry(target, source));
        ASSERT_DOUBLE_EQ(transposed_with_signs.entry(source, target), with_signs.entry(target, source));
      }
    }
  }
  EXPECT_EQ(sparse, 3);
}

TEST(Transposed, SortsRowsThatAreTurnedTwice) {
  const SparseEntries<float> unsorted{{{0, 3, 3, 5}, {2, 0, 2, 1, 0}}, {1, 2, 3, 4, 5}};
  const SparseEntries<float> turned = Transposed(unsorted, 4);
  EXPECT_EQ(turned.pattern.starts, (std::vector<int>{0, 2, 3, 5, 5}));
  EXPECT_EQ(turned.pattern.columns, (std::vector<int>{0, 2, 2, 0, 0}));
  EXPECT_EQ(turned.values, (std::vector<float>{2, 5, 4, 1, 3}));
  const SparseEntries<float> sorted = Transposed(turned, 3);
  EXPECT_EQ(sorted.pattern.starts, unsorted.pattern.starts);
  EXPECT_EQ(sorted.pattern.columns, (std::vector<int>{0, 2, 2, 0, 1}));
  EXPECT_EQ(sorted.values, (std::vector<float>{2, 1, 3, 5, 4}));
}

TEST(SparseBlocks, MustBePlainOnes) {
  UnitGraph graph;
  graph.AddGroup({.name = "in", .operation = "input", .units = 40});
  graph.AddGroup({.name = "out", .operation = "linear", .units = 64});
  RunContext context;
  const Block sparse = CompressedIfSparse(Pruned(17, false), context);
  Block grouped = sparse;
  grouped.convolution_groups = 4;
  EXPECT_THROW(graph.AddBlock(grouped), std::logic_error);
  Block without_sources = sparse;
  without_sources.row_sources = nullptr;
  EXPECT_THROW(graph.AddBlock(without_sources), std::logic_error);
  graph.AddBlock(sparse);
}

}  // namespace
}  // namespace modlab
