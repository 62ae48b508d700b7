#include "core/community/null_ensemble.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "core/error.h"
#include "core/measure/null_model.h"
#include "core/measure/significance.h"
#include "core/random.h"
#include "core/spectral/spectral_clustering.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

Labelling FindSpectrally(const UnitGraph& graph, uint32_t seed, RunContext& context) {
  auto found = ClusterSpectrally(graph, {.clusters = 3, .restarts = 4, .seed = seed}, context);
  return {std::move(found.labels), found.clusters};
}

NullSource LayerNulls(const UnitGraph& graph, uint32_t seed = 0) {
  return [&graph, seed](int sample, RunContext& context) {
    Random random(seed, static_cast<uint64_t>(sample));
    return DrawNull(graph, NullModel::kLayer, random, context);
  };
}

TestedPartition Tested(const UnitGraph& graph) {
  RunContext context;
  const Labelling found = FindSpectrally(graph, 0, context);
  const ClusterSums sums = SumClusters(graph, found.labels, found.clusters, context);
  return {FindSpectrally, Objective::kNewman, NewmanModularity(sums), NormalizedCut(sums)};
}

TEST(SampleNulls, MeasuresWhatEachSampleClusteredByItselfHas) {
  const UnitGraph graph = test::RandomChain({12, 10, 8}, 1);
  RunContext context(2);
  const auto values = SampleNulls(LayerNulls(graph), {Tested(graph)}, {.samples = 6, .seed = 5}, context);
  ASSERT_EQ(values.size(), 1U);
  ASSERT_EQ(values[0].modularity.size(), 6U);
  for (int sample = 0; sample < 6; ++sample) {
    const UnitGraph null = LayerNulls(graph)(sample, context);
    const Labelling found = FindSpectrally(null, Random::DerivedSeed(5, sample), context);
    const ClusterSums sums = SumClusters(null, found.labels, found.clusters, context);
    EXPECT_EQ(values[0].modularity[sample], NewmanModularity(sums));
    EXPECT_EQ(values[0].ncut[sample], NormalizedCut(sums));
  }
}

TEST(SampleNulls, IsTheSameForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({30, 20, 10}, 1);
  RunContext one(1);
  RunContext three(3);
  const std::vector<TestedPartition> tested = {Tested(graph)};
  for (const int exceedances : {0, 2}) {
    const NullEnsembleOptions options{.samples = 40, .exceedances = exceedances};
    const auto with_one = SampleNulls(LayerNulls(graph), tested, options, one);
    const auto with_three = SampleNulls(LayerNulls(graph), tested, options, three);
    EXPECT_EQ(with_one[0].modularity, with_three[0].modularity);
    EXPECT_EQ(with_one[0].ncut, with_three[0].ncut);
  }
}

TEST(SampleNulls, StopsWhenThereIsNothingToFind) {
  const UnitGraph graph = test::RandomChain({12, 10, 8}, 1);
  TestedPartition tested = Tested(graph);
  tested.modularity = -1;  // every sample has more
  tested.ncut = 3;         // and less of this
  RunContext context(2);
  const auto stopped = SampleNulls(LayerNulls(graph), {tested}, {.samples = 1000, .exceedances = 5}, context);
  EXPECT_EQ(stopped[0].modularity.size(), 5U);
  tested.modularity = 1;
  const auto complete = SampleNulls(LayerNulls(graph), {tested}, {.samples = 40, .exceedances = 5}, context);
  EXPECT_EQ(complete[0].modularity.size(), 40U);
}

TEST(SampleNulls, FindsPlantedPartsSignificantAndRandomWeightsNot) {
  RunContext context(2);
  const UnitGraph planted = test::PlantedChain({12, 12, 12}, 3, 0.2, 1);
  const TestedPartition tested = Tested(planted);
  const auto values = SampleNulls(LayerNulls(planted), {tested}, {.samples = 49}, context);
  EXPECT_DOUBLE_EQ(TestAgainst(tested.modularity, values[0].modularity, Tail::kUpper).p, 1.0 / 50);
  EXPECT_DOUBLE_EQ(TestAgainst(tested.ncut, values[0].ncut, Tail::kLower).p, 1.0 / 50);
}

/// Kolmogorov and Smirnov: p of a graph drawn from the null itself is uniform on 1/20, 2/20, ..., 1.
TEST(SampleNulls, PIsUniformWhereTheGraphIsASampleOfTheNull) {
  RunContext context(2);
  constexpr int repeats = 200;
  constexpr int samples = 19;
  const UnitGraph original = test::RandomChain({8, 7, 6}, 1);
  std::vector<int> ranks(samples + 1, 0);
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const UnitGraph graph = LayerNulls(original, 1000 + repeat)(0, context);
    const TestedPartition tested = Tested(graph);
    const auto values = SampleNulls(LayerNulls(graph, repeat), {tested}, {.samples = samples}, context);
    const double p = TestAgainst(tested.modularity, values[0].modularity, Tail::kUpper).p;
    ++ranks[std::lround(p * (samples + 1)) - 1];
  }
  double largest = 0;
  double cumulated = 0;
  for (int rank = 0; rank <= samples; ++rank) {
    cumulated += static_cast<double>(ranks[rank]) / repeats;
    largest = std::max(largest, std::abs(cumulated - (rank + 1.0) / (samples + 1)));
  }
  EXPECT_LT(largest, 1.63 / std::sqrt(repeats));  // 1 % level
}

TEST(SampleNulls, LeavesWhenCancelledInsideASample) {
  const UnitGraph graph = test::RandomChain({12, 10, 8}, 1);
  for (const int threads : {1, 2}) {
    RunContext context(threads);
    TestedPartition tested = Tested(graph);
    tested.find = [&](const UnitGraph& null, uint32_t seed, RunContext& own) {
      context.Cancel();
      return FindSpectrally(null, seed, own);
    };
    EXPECT_THROW(SampleNulls(LayerNulls(graph), {tested}, {.samples = 10}, context), Cancelled);
  }
}

}  // namespace
}  // namespace modlab
