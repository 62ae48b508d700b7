#include "core/graph/unit_graph.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

namespace modlab {
namespace {

TEST(UnitGraph, NumbersUnitsThroughTheGroups) {
  UnitGraph graph;
  EXPECT_EQ(graph.units(), 0);
  EXPECT_EQ(graph.AddGroup({.name = "input", .operation = "input", .units = 3}), 0);
  EXPECT_EQ(graph.AddGroup({.name = "a", .operation = "linear", .units = 5}), 1);
  EXPECT_EQ(graph.AddGroup({.name = "b", .operation = "linear", .units = 2}), 2);
  EXPECT_EQ(graph.first_unit(0), 0);
  EXPECT_EQ(graph.first_unit(1), 3);
  EXPECT_EQ(graph.first_unit(2), 8);
  EXPECT_EQ(graph.units(), 10);
}

TEST(UnitGraph, RefusesBlocksThatDoNotFitTheirGroups) {
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 2});
  graph.AddGroup({.name = "a", .operation = "linear", .units = 3});
  EXPECT_THROW(graph.AddBlock(OwnedBlock(0, 2, 2, 3, std::vector<double>(6))), std::logic_error);
  EXPECT_THROW(graph.AddBlock(OwnedBlock(-1, 1, 2, 3, std::vector<double>(6))), std::logic_error);
  EXPECT_THROW(graph.AddBlock(OwnedBlock(0, 1, 3, 2, std::vector<double>(6))), std::logic_error);
  EXPECT_THROW(OwnedBlock(0, 1, 2, 3, std::vector<double>(5)), std::logic_error);

  Block short_scale = OwnedBlock(0, 1, 2, 3, std::vector<double>(6));
  short_scale.target_scale = {1, 1};
  EXPECT_THROW(graph.AddBlock(std::move(short_scale)), std::logic_error);
  Block no_data = OwnedBlock(0, 1, 2, 3, std::vector<double>(6));
  no_data.double_data = nullptr;
  EXPECT_THROW(graph.AddBlock(std::move(no_data)), std::logic_error);
  Block behind_the_end = OwnedBlock(0, 1, 2, 2, std::vector<double>(4));
  behind_the_end.target_offset = 2;
  EXPECT_THROW(graph.AddBlock(std::move(behind_the_end)), std::logic_error);
  Block uneven = OwnedBlock(0, 1, 2, 3, std::vector<double>(6));
  uneven.convolution_groups = 2;
  EXPECT_THROW(graph.AddBlock(std::move(uneven)), std::logic_error);
  EXPECT_TRUE(graph.blocks().empty());
}

TEST(Block, EntryIsAbsoluteStridedAndScaled) {
  const float elements[] = {1, -2, 3, -4, 5, -6};
  Block block;
  block.source_units = 3;
  block.target_units = 2;
  block.float_data = elements;
  block.target_stride = 1;
  block.source_stride = 2;
  EXPECT_EQ(block.entry(0, 0), 1);
  EXPECT_EQ(block.entry(1, 0), 2);
  EXPECT_EQ(block.entry(0, 1), 3);
  EXPECT_EQ(block.entry(1, 2), 6);
  block.target_scale = {10, 100};
  block.source_scale = {1, 2, 0};
  EXPECT_EQ(block.entry(1, 1), 800);
  EXPECT_EQ(block.entry(1, 2), 0);
}

TEST(Block, OfAGroupedConvolutionHasEntriesInItsPartsOnly) {
  const double elements[] = {1, 2, 3, 4, 5, 6, 7, 8};  // 4 targets, 2 sources of each of 2 parts
  Block block;
  block.source_units = block.target_units = 4;
  block.convolution_groups = 2;
  block.double_data = elements;
  block.target_stride = 2;
  block.source_stride = 1;
  const double entries[4][4] = {{1, 2, 0, 0}, {3, 4, 0, 0}, {0, 0, 5, 6}, {0, 0, 7, 8}};
  for (int target = 0; target < 4; ++target) {
    for (int source = 0; source < 4; ++source) EXPECT_EQ(block.entry(target, source), entries[target][source]);
  }
  EXPECT_EQ(Totals(block).edges, 8);
  EXPECT_EQ(Totals(block).weight, 36);
}

TEST(Block, TotalsCountNonZeroEntries) {
  Block block = OwnedBlock(0, 1, 3, 2, {1, 0, -2, 0, -0.0, 4});
  EXPECT_EQ(Totals(block).edges, 3);
  EXPECT_EQ(Totals(block).weight, 7);
  block.source_scale = {1, 1, 0};
  EXPECT_EQ(Totals(block).edges, 1);
  EXPECT_EQ(Totals(block).weight, 1);
}

}  // namespace
}  // namespace modlab
