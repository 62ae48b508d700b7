#include "core/community/stability.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "core/community/comparison.h"
#include "core/community/leiden.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

Labelling FindByLeiden(const UnitGraph& graph, uint32_t seed, RunContext& context) {
  auto found = Leiden(graph, {.restarts = 1, .seed = seed}, context);
  return {std::move(found.labels), found.clusters};
}

double AdjustedRandIndex(const std::vector<int>& a, const std::vector<int>& b) {
  return ComparePartitions(a, b).adjusted_rand_index;
}

/// `labels` with a share of them, other than -1, replaced by random ones.
Labelling Noisy(const Labelling& planted, double share, uint64_t seed) {
  Random random(seed);
  Labelling noisy = planted;
  for (int& label : noisy.labels) {
    if (label >= 0 && random.Uniform() < share) label = random.Index(planted.clusters);
  }
  return noisy;
}

TEST(CompareRuns, IsTheMeanOverAllPairs) {
  RunContext context;
  const std::vector<Labelling> runs = {{{0, 0, 1, 1, 2, 2}, 3}, {{0, 0, 1, 1, 2, 2}, 3}, {{0, 1, 0, 1, 2, 2}, 3}};
  const Stability stability = CompareRuns(runs, context);
  const double other = AdjustedRandIndex(runs[0].labels, runs[2].labels);
  EXPECT_DOUBLE_EQ(stability.adjusted_rand_index.mean, (1 + 2 * other) / 3);
  EXPECT_DOUBLE_EQ(stability.adjusted_rand_index.least, other);
  EXPECT_DOUBLE_EQ(stability.adjusted_rand_index.most, 1);
  const double mean = (1 + 2 * other) / 3;
  EXPECT_NEAR(stability.adjusted_rand_index.sd,
              std::sqrt(((1 - mean) * (1 - mean) + 2 * (other - mean) * (other - mean)) / 2), 1e-15);
  EXPECT_DOUBLE_EQ(stability.variation_of_information.least, 0);
}

TEST(CompareRuns, NeedsTwo) {
  RunContext context;
  EXPECT_THROW(CompareRuns({{{0, 1}, 2}}, context), std::logic_error);
}

TEST(Consensus, OfEqualPartitionsIsThePartition) {
  RunContext context;
  const Labelling labels{{0, 1, 1, -1, 0, 2}, 3};
  const Labelling renamed{{2, 0, 0, -1, 2, 1}, 3};
  const UnitGraph graph = test::RandomChain({3, 3}, 1);
  const Labelling consensus = Consensus(graph, {labels, renamed, labels}, FindByLeiden, 1, context);
  EXPECT_EQ(consensus.labels, labels.labels);
  EXPECT_EQ(consensus.clusters, 3);
}

TEST(Consensus, RecoversAPartitionFromNoisyCopies) {
  for (const int threads : {1, 2}) {
    RunContext context(threads);
    Labelling planted;
    const UnitGraph graph = test::PlantedChain({40, 40, 40}, 4, 0.1, 2, &planted.labels);
    planted.clusters = 4;
    planted.labels[7] = -1;
    std::vector<Labelling> runs;
    for (int run = 0; run < 9; ++run) runs.push_back(Noisy(planted, 0.2, run));
    const Labelling consensus = Consensus(graph, runs, FindByLeiden, 1, context);
    EXPECT_EQ(consensus.labels[7], -1);
    EXPECT_GT(AdjustedRandIndex(consensus.labels, planted.labels), 0.97) << threads;
    for (const Labelling& run : runs) {
      EXPECT_GT(AdjustedRandIndex(consensus.labels, planted.labels), AdjustedRandIndex(run.labels, planted.labels));
    }
  }
}

TEST(Consensus, JoinsByEdgesWhereTooManyUnitsAreDifferent) {
  RunContext context(2);
  Labelling planted;
  const UnitGraph graph = test::PlantedChain({2400, 2400}, 3, 0.1, 2, &planted.labels);
  planted.clusters = 3;
  std::vector<Labelling> runs;
  std::set<std::vector<int>> different;
  for (int run = 0; run < 12; ++run) runs.push_back(Noisy(planted, 0.5, run));
  for (size_t unit = 0; unit < planted.labels.size(); ++unit) {
    std::vector<int> labels;
    for (const Labelling& run : runs) labels.push_back(run.labels[unit]);
    different.insert(labels);
  }
  ASSERT_GT(different.size(), 4096U);
  EXPECT_GT(AdjustedRandIndex(Consensus(graph, runs, FindByLeiden, 1, context).labels, planted.labels), 0.8);
}

}  // namespace
}  // namespace modlab
