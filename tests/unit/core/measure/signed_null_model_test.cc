#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/measure/null_model.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

UnitGraph DrawSigned(const UnitGraph& graph, NullModel model, uint64_t seed = 1) {
  RunContext context;
  Random random(seed);
  return DrawNull(graph, model, random, context);
}

using SignedEntries = std::vector<std::pair<double, double>>;

/// Positive and negative weight of all entries, row-major [target][source].
SignedEntries SignedEntriesOf(const Block& block) {
  SignedEntries entries;
  for (int target = 0; target < block.target_units; ++target) {
    for (int source = 0; source < block.source_units; ++source) {
      const test::SignedEntry entry = test::SignedEntryOf(block, target, source);
      entries.emplace_back(entry.positive, entry.negative);
    }
  }
  return entries;
}

SignedEntries SortedSigned(SignedEntries entries) {
  std::sort(entries.begin(), entries.end());
  return entries;
}

TEST(SignedNulls, WeightsTakeTheirSignsWithThem) {
  const UnitGraph graph = test::SignedGraph(1);
  for (const NullModel model : {NullModel::kLayer, NullModel::kLayerNonzero}) {
    const UnitGraph null = DrawSigned(graph, model);
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      const SignedEntries before = SignedEntriesOf(graph.blocks()[i]);
      const SignedEntries after = SignedEntriesOf(null.blocks()[i]);
      EXPECT_NE(before, after);
      const SignedEntries wanted = SortedSigned(before);
      const SignedEntries got = SortedSigned(after);
      for (size_t entry = 0; entry < wanted.size(); ++entry) {
        // Samples of float blocks are float.
        ASSERT_NEAR(got[entry].first, wanted[entry].first, 1e-7 * wanted[entry].first + 1e-15) << i;
        ASSERT_NEAR(got[entry].second, wanted[entry].second, 1e-7 * wanted[entry].second + 1e-15) << i;
      }
    }
  }
}

TEST(SignedNulls, ANormAndItsPartsStayTogether) {
  const UnitGraph graph = test::SignedGraph(2);
  const UnitGraph null = DrawSigned(graph, NullModel::kLayer);
  for (size_t i = graph.blocks().size() - 4; i < graph.blocks().size(); ++i) {
    const Block& block = null.blocks()[i];
    ASSERT_NE(block.signs, nullptr);
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        const test::SignedEntry entry = test::SignedEntryOf(block, target, source);
        ASSERT_NEAR(block.entry(target, source), std::hypot(entry.positive, entry.negative), 1e-12);
      }
    }
  }
}

TEST(SignedNulls, DegreeLeavesSignsWhereTheyAre) {
  const UnitGraph graph = test::SignedGraph(3);
  const UnitGraph null = DrawSigned(graph, NullModel::kDegree);
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const SignedEntries before = SignedEntriesOf(graph.blocks()[i]);
    const SignedEntries after = SignedEntriesOf(null.blocks()[i]);
    double changed = 0;
    for (size_t entry = 0; entry < before.size(); ++entry) {
      const auto share = [](const std::pair<double, double>& parts) {
        const double sum = parts.first + parts.second;
        return sum > 0 ? parts.first / sum : -1;
      };
      ASSERT_NEAR(share(after[entry]), share(before[entry]), 1e-12) << i << ", " << entry;
      changed += std::abs(after[entry].first + after[entry].second - before[entry].first - before[entry].second);
    }
    EXPECT_GT(changed, 0) << i;
  }
}

}  // namespace
}  // namespace modlab
