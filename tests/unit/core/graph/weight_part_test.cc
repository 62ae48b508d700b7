#include "core/graph/weight_part.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "core/graph/block_rows.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

double PartOfEntry(const test::SignedEntry& entry, WeightPart part) {
  if (part == WeightPart::kPositive) return entry.positive;
  if (part == WeightPart::kNegative) return entry.negative;
  return entry.positive - entry.negative;
}

TEST(PartOf, EntriesAreTheWeightsParts) {
  const UnitGraph graph = test::SignedGraph(1);
  for (const WeightPart part : {WeightPart::kPositive, WeightPart::kNegative, WeightPart::kSigned}) {
    const UnitGraph parts = PartOf(graph, part);
    ASSERT_EQ(parts.units(), graph.units());
    ASSERT_EQ(parts.blocks().size(), graph.blocks().size());
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      const Block& block = graph.blocks()[i];
      int other_than_zero = 0;
      for (int target = 0; target < block.target_units; ++target) {
        for (int source = 0; source < block.source_units; ++source) {
          const double wanted = PartOfEntry(test::SignedEntryOf(block, target, source), part);
          ASSERT_NEAR(parts.blocks()[i].entry(target, source), wanted, 1e-15) << i << ": " << target << ", " << source;
          other_than_zero += wanted != 0 ? 1 : 0;
        }
      }
      EXPECT_GT(other_than_zero, 0) << i;
    }
  }
}

TEST(PartOf, RowsReadThemToo) {
  const UnitGraph graph = test::SignedGraph(2);
  for (const WeightPart part : {WeightPart::kPositive, WeightPart::kNegative, WeightPart::kSigned}) {
    const UnitGraph parts = PartOf(graph, part);
    for (const Block& block : parts.blocks()) {
      const BlockRows rows(parts, block);
      const int columns = rows.columns() - rows.columns() / 3;
      const int first = rows.columns() - columns;
      std::vector<double> turned(static_cast<size_t>(columns) * rows.rows());
      rows.ReadTurned(0, rows.rows(), first, columns, turned.data(), rows.rows());
      std::vector<double> weights(columns);
      for (int row = 0; row < rows.rows(); ++row) {
        rows.Read(row, first, columns, weights.data());
        for (int column = 0; column < columns; ++column) {
          const int target = rows.rows_are_sources() ? first + column : row;
          const int source = rows.rows_are_sources() ? row : first + column;
          ASSERT_DOUBLE_EQ(weights[column], block.entry(target, source));
          ASSERT_EQ(turned[column * rows.rows() + row], weights[column]);
        }
      }
      if (block.part == WeightPart::kMagnitude) continue;  // norms, which are no negative ones
      EXPECT_EQ(rows.floats(), nullptr);
      EXPECT_EQ(rows.doubles(), nullptr);
    }
  }
}

TEST(PartOf, CopiesNoWeights) {
  const UnitGraph graph = test::SignedGraph(3);
  for (const Block& block : graph.blocks()) {
    const Block part = PartOf(block, WeightPart::kNegative);
    if (block.signs != nullptr && !block.signs->negative.empty()) {
      EXPECT_EQ(part.double_data == block.signs->negative.data(), block.threshold <= 0);
      continue;
    }
    EXPECT_EQ(part.float_data, block.float_data);
    EXPECT_EQ(part.double_data, block.double_data);
  }
}

TEST(PartOf, WeightsThatWereRemovedHaveNoParts) {
  UnitGraph graph = test::SignedGraph(4);
  std::vector<char> removed(graph.units(), 0);
  std::fill(removed.begin() + 50, removed.begin() + 300, 1);
  graph.RemoveWeights(removed);
  const Eigen::MatrixXd weights = test::DenseAdjacency(graph);
  for (const WeightPart part : {WeightPart::kPositive, WeightPart::kNegative}) {
    const Eigen::MatrixXd parts = test::DenseAdjacency(PartOf(graph, part));
    EXPECT_GT(parts.sum(), 0);
    EXPECT_TRUE(((weights.array() != 0) || (parts.array() == 0)).all());
  }
}

TEST(PartOf, PartsHaveNone) {
  const UnitGraph graph = test::RandomChain({3, 2}, 1);
  const UnitGraph positive = PartOf(graph, WeightPart::kPositive);
  EXPECT_THROW(PartOf(positive, WeightPart::kNegative), std::logic_error);
}

TEST(UnitGraph, RefusesSignsThatAreNotItsEntries) {
  UnitGraph graph = test::RandomChain({3, 2}, 1);
  for (const BlockSigns& signs :
       {BlockSigns{.target_turns = {1}, .source_turns = {}, .positive = {}, .negative = {}},
        BlockSigns{.target_turns = {}, .source_turns = {1}, .positive = {}, .negative = {}},
        BlockSigns{.target_turns = {}, .source_turns = {}, .positive = {1}, .negative = {1}},
        BlockSigns{.target_turns = {}, .source_turns = {}, .positive = std::vector<double>(6, 1.0), .negative = {}}}) {
    Block block = graph.blocks()[0];
    block.signs = std::make_shared<const BlockSigns>(signs);
    EXPECT_THROW(graph.AddBlock(block), std::logic_error);
  }
}

}  // namespace
}  // namespace modlab
