#include "core/graph/block_rows.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "core/error.h"
#include "core/graph/sparse_entries.h"
#include "core/graph/weight_part.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

TEST(BlockRows, ReadsEveryEntryOfEveryKindOfBlock) {
  const UnitGraph graph = test::MixedGraph(1);
  for (const Block& block : graph.blocks()) {
    const BlockRows rows(graph, block);
    const bool turned = !block.is_sparse() && block.target_stride < block.source_stride;
    ASSERT_EQ(rows.first_row_unit(), turned ? graph.first_source_unit(block) : graph.first_target_unit(block));
    ASSERT_EQ(rows.rows(), turned ? block.source_units : block.target_units);
    ASSERT_EQ(rows.columns(), turned ? block.target_units : block.source_units);
    for (int row = 0; row < rows.rows(); ++row) {
      const int first = row % rows.columns();
      std::vector<double> weights(rows.columns() - first);
      rows.Read(row, first, rows.columns() - first, weights.data());
      for (int column = first; column < rows.columns(); ++column) {
        const double entry = turned ? block.entry(column, row) : block.entry(row, column);
        ASSERT_DOUBLE_EQ(weights[column - first], entry) << row << ", " << column;
      }
    }
  }
}

TEST(BlockRows, EntriesOfARowAreThoseThatReadGives) {
  const UnitGraph graph = test::SignedGraph(1);
  for (const WeightPart part : {WeightPart::kMagnitude, WeightPart::kNegative, WeightPart::kSigned}) {
    for (const Block& block : graph.blocks()) {
      const Block read = PartOf(block, part);
      const BlockRows rows(graph, read);
      std::vector<double> weights(rows.columns());
      std::vector<double> buffer;
      for (int row = 0; row < rows.rows(); ++row) {
        rows.Read(row, 0, rows.columns(), weights.data());
        int last = -1;
        const RowEntries entries = rows.EntriesOf(row, buffer);
        entries.ForEach([&](int column, double weight) {
          ASSERT_GT(column, last);
          ASSERT_EQ(weight, weights[column]);
          for (int left_out = last + 1; left_out < column; ++left_out) ASSERT_EQ(weights[left_out], 0);
          last = column;
        });
        for (int left_out = last + 1; left_out < rows.columns(); ++left_out) ASSERT_EQ(weights[left_out], 0);
        if (rows.is_sparse()) {
          EXPECT_LT(entries.count, rows.columns());
        }
      }
    }
  }
}

TEST(BlockRows, ReadsTheSameTurned) {
  const UnitGraph graph = test::MixedGraph(1);
  for (const Block& block : graph.blocks()) {
    const BlockRows rows(graph, block);
    const int row_count = rows.rows() - rows.rows() / 3;
    const int column_count = rows.columns() - rows.columns() / 2;
    const int first_row = rows.rows() - row_count;
    const int first_column = rows.columns() - column_count;
    const int pitch = row_count + 3;
    std::vector<double> turned(static_cast<size_t>(column_count) * pitch, -1.0);
    rows.ReadTurned(first_row, row_count, first_column, column_count, turned.data(), pitch);
    std::vector<double> weights(column_count);
    for (int row = 0; row < row_count; ++row) {
      rows.Read(first_row + row, first_column, column_count, weights.data());
      for (int column = 0; column < column_count; ++column) {
        ASSERT_EQ(turned[column * pitch + row], weights[column]) << row << ", " << column;
      }
    }
  }
}

TEST(ChunkedRows, CoversEveryRowOnce) {
  const UnitGraph graph = test::RandomChain({300, 2000, 1, 500}, 1);
  const ChunkedRows rows(graph);
  EXPECT_GT(rows.chunks.size(), graph.blocks().size());  // or it would not be cut at all
  std::vector<int> next(rows.blocks.size(), 0);
  for (const RowChunk& chunk : rows.chunks) {
    EXPECT_EQ(chunk.first_row, next[chunk.block]);
    EXPECT_LT(chunk.first_row, chunk.last_row);
    EXPECT_EQ(chunk.first_column, 0);
    EXPECT_EQ(chunk.last_column, rows.blocks[chunk.block].columns());
    next[chunk.block] = chunk.last_row;
  }
  for (size_t block = 0; block < next.size(); ++block) EXPECT_EQ(next[block], rows.blocks[block].rows());
}

TEST(ChunkedRows, CutsSparseBlocksByTheirEntries) {
  SparseEntries<float> entries;
  constexpr int rows = 5000;
  for (int row = 0; row < rows; ++row) {
    for (int column = row % 3; column < 1000; column += row < rows / 2 ? 10 : 500)
      entries.pattern.columns.push_back(column);
    entries.pattern.starts.push_back(static_cast<int>(entries.pattern.columns.size()));
  }
  entries.values.assign(entries.pattern.columns.size(), 1.0F);
  UnitGraph graph;
  graph.AddGroup({.name = "in", .operation = "input", .units = 1000});
  graph.AddGroup({.name = "out", .operation = "linear", .units = rows});
  Block block;
  block.target = 1;
  block.source_units = 1000;
  block.target_units = rows;
  TakeEntries(entries, block);
  graph.AddBlock(std::move(block));
  const ChunkedRows chunked(graph);
  int next = 0;
  for (const RowChunk& chunk : chunked.chunks) {
    EXPECT_EQ(chunk.first_row, next);
    next = chunk.last_row;
    // Sums over columns are small beside the entries, and those of one chunk are no large part of all.
    const int stored = chunked.blocks[0].row_start(chunk.last_row) - chunked.blocks[0].row_start(chunk.first_row);
    if (chunk.last_row < rows) {
      EXPECT_GE(stored, 64 * 1000);
    }
    EXPECT_LE(stored, 64 * 1000 + 100);
  }
  EXPECT_EQ(next, rows);
  EXPECT_GT(chunked.chunks.size(), 3U);
}

TEST(ChunkedRows, LeavesOutColumnsThatAGroupedConvolutionHasNoEntriesIn) {
  UnitGraph graph;
  graph.AddGroup({.name = "in", .operation = "conv2d", .units = 1000});
  graph.AddGroup({.name = "depthwise", .operation = "conv2d", .units = 2000});
  Block block = OwnedBlock(0, 1, 1, 2000, std::vector<double>(2000, 1.0));
  block.source_units = block.convolution_groups = 1000;
  graph.AddBlock(std::move(block));
  const ChunkedRows rows(graph);
  double entries = 0;
  for (const RowChunk& chunk : rows.chunks) {
    EXPECT_LE(chunk.columns(), chunk.rows());
    std::vector<double> weights(chunk.columns());
    for (int row = chunk.first_row; row < chunk.last_row; ++row) {
      rows.blocks[0].Read(row, chunk.first_column, chunk.columns(), weights.data());
      entries += std::accumulate(weights.begin(), weights.end(), 0.0);
      EXPECT_EQ(weights[row / 2 - chunk.first_column], 1);
    }
  }
  EXPECT_EQ(entries, 2000);
}

TEST(ConnectedComponents, NumbersThemByTheirFirstUnitAndLeavesOutUnitsWithoutEdges) {
  const UnitGraph graph = test::Chain({{{0, 1, 0}, {0, 0, 0}, {2, 0, 0}, {0, 0, 3}},  // 4 inputs to 3 hidden units
                                       {{0, 1}, {1, 0}, {0, 0}}});
  RunContext context;
  // Units: inputs 0-3, hidden 4-6, outputs 7-8. Edges 0-5, 2-4, 3-6, 4-8, 5-7; input 1 has none.
  EXPECT_EQ(ConnectedComponents(graph, context), (std::vector<int>{0, -1, 1, 2, 1, 0, 2, 0, 1}));
}

TEST(ConnectedComponents, JoinsOverLaterBlocks) {
  // Two unconnected chains meet only in the last layer.
  const UnitGraph graph = test::Chain({{{1, 0}, {0, 1}}, {{1, 0}, {0, 1}}, {{1}, {1}}});
  RunContext context;
  EXPECT_EQ(ConnectedComponents(graph, context), std::vector<int>(7, 0));
}

TEST(ConnectedComponents, CountsASelfLoopAsAnEdge) {
  UnitGraph graph;
  graph.AddGroup({.name = "rnn", .operation = "linear", .units = 3});
  graph.AddBlock(OwnedBlock(0, 0, 3, 3, {0, 0, 0, 0, 1, 0, 0, 0, 0}));
  RunContext context;
  EXPECT_EQ(ConnectedComponents(graph, context), (std::vector<int>{-1, 0, -1}));
}

TEST(ConnectedComponents, CanBeCancelled) {
  const UnitGraph graph = test::RandomChain({3, 3}, 1);
  RunContext context;
  context.Cancel();
  EXPECT_THROW(ConnectedComponents(graph, context), Cancelled);
}

}  // namespace
}  // namespace modlab
