// ReaderOptions::fresh_weights_seed: the null model `random_init`.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/graph/unit_graph.h"
#include "tests/unit/core/graph/fixtures.h"

namespace modlab {
namespace {

UnitGraph ReadFresh(const std::string& name, uint64_t seed = 1, ReaderOptions options = {}) {
  options.fresh_weights_seed = seed;
  return ReadFixture(name, options);
}

TEST(FreshWeights, AreUniformUpToOneOverTheRootOfTheFanIn) {
  const UnitGraph graph = ReadFresh("wide");  // 1100-1000-2
  ASSERT_EQ(graph.blocks().size(), 2U);
  for (const Block& block : graph.blocks()) {
    std::vector<double> entries = Entries(block);
    std::sort(entries.begin(), entries.end());
    const double bound = 1 / std::sqrt(static_cast<double>(block.source_units));
    EXPECT_LE(entries.back(), bound * (1 + 1e-6));
    // Kolmogorov and Smirnov, of the absolute values.
    double largest = 0;
    const auto count = static_cast<double>(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      largest = std::max(largest, std::abs(entries[i] / bound - static_cast<double>(i + 1) / count));
    }
    EXPECT_LT(largest, 1.95 / std::sqrt(count));
  }
}

TEST(FreshWeights, KeepTheGraphsGroupsAndPlaces) {
  for (const char* name : {"residual", "grouped", "batch_norm", "shared", "weight_norm", "scripted"}) {
    const UnitGraph trained = ReadFixture(name);
    const UnitGraph fresh = ReadFresh(name);
    ASSERT_EQ(fresh.groups().size(), trained.groups().size()) << name;
    ASSERT_EQ(fresh.blocks().size(), trained.blocks().size()) << name;
    for (size_t i = 0; i < fresh.blocks().size(); ++i) {
      EXPECT_EQ(Totals(fresh.blocks()[i]).entries, Totals(trained.blocks()[i]).entries) << name;
      EXPECT_NE(Entries(fresh.blocks()[i]), Entries(trained.blocks()[i])) << name;
    }
  }
}

TEST(FreshWeights, HaveNoNormsScales) {
  ReaderOptions unfolded;
  unfolded.fold_batch_norm = false;
  const UnitGraph folded = ReadFresh("batch_norm");
  const UnitGraph raw = ReadFresh("batch_norm", 1, unfolded);
  for (size_t i = 0; i < folded.blocks().size(); ++i) {
    EXPECT_EQ(Entries(folded.blocks()[i]), Entries(raw.blocks()[i]));
  }
}

TEST(FreshWeights, ThatAreSharedStayShared) {
  const UnitGraph trained = ReadFixture("shared");
  const UnitGraph fresh = ReadFresh("shared");
  int shared = 0;
  for (size_t i = 0; i < trained.blocks().size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (Entries(trained.blocks()[i]) != Entries(trained.blocks()[j])) continue;
      ++shared;
      EXPECT_EQ(Entries(fresh.blocks()[i]), Entries(fresh.blocks()[j]));
    }
  }
  EXPECT_GT(shared, 0);
}

TEST(FreshWeights, FollowTheirSeed) {
  EXPECT_EQ(Entries(ReadFresh("residual", 3).blocks()[0]), Entries(ReadFresh("residual", 3).blocks()[0]));
  EXPECT_NE(Entries(ReadFresh("residual", 3).blocks()[0]), Entries(ReadFresh("residual", 4).blocks()[0]));
}

TEST(FreshWeights, OfOtherSeedsLeaveTheModelAsItIs) {
  Model model = LoadFixture("residual");
  RunContext context;
  ReaderOptions options;
  const std::vector<double> before = Entries(model.Read(options, context).blocks()[0]);
  options.fresh_weights_seed = 1;
  model.Read(options, context);
  options.fresh_weights_seed.reset();
  EXPECT_EQ(Entries(model.Read(options, context).blocks()[0]), before);
}

}  // namespace
}  // namespace modlab
