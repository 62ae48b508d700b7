#include "core/spectral/spectral_clustering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/measure/measure.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

SpectralClustering Cluster(const UnitGraph& graph, const SpectralOptions& options, int threads = 1) {
  RunContext context(threads);
  return ClusterSpectrally(graph, options, context);
}

// definitions.md, section 13: the partition that the oracle names is the best of all into two clusters.
TEST(ClusterSpectrally, FindsTheBestTwoPartition) {
  const UnitGraph graph = test::Chain({{{12, -1.3}, {0, 7.4}}, {{-8.9, .15}, {.23, -5.7}}});
  const std::vector<int> expected{0, 1, 0, 1, 0, 1};
  const SpectralClustering result = Cluster(graph, {.clusters = 2});
  EXPECT_EQ(result.labels, expected);
  EXPECT_EQ(result.clusters, 2);
  ASSERT_EQ(result.eigenvalues.size(), 3U);
  EXPECT_NEAR(result.eigenvalues[1], .09380119, 5e-9);

  RunContext context;
  const ClusterSums best = SumClusters(graph, expected, 2, context);
  for (int subset = 1; subset < 32; ++subset) {  // unit 0 in cluster 0
    std::vector<int> labels{0};
    for (int bit = 0; bit < 5; ++bit) labels.push_back(subset >> bit & 1);
    if (labels == expected) continue;
    const ClusterSums sums = SumClusters(graph, labels, 2, context);
    EXPECT_GT(NormalizedCut(sums), NormalizedCut(best));
    EXPECT_LT(NewmanModularity(sums), NewmanModularity(best));
  }
}

TEST(ClusterSpectrally, ChoosesTheNumberOfClustersOfHighestModularity) {
  RunContext context;
  for (const int parts : {2, 3, 5}) {
    std::vector<int> planted;
    const UnitGraph graph = test::PlantedChain({20, 20, 20}, parts, 0.1, 1, &planted);
    const SpectralOptions options{.clusters = {}, .least_clusters = 2, .most_clusters = 7, .restarts = 20};
    const SpectralClustering found = ClusterSpectrally(graph, options, context);
    EXPECT_EQ(found.clusters, parts);
    EXPECT_EQ(found.labels, test::Canonical(planted));
    ASSERT_EQ(found.choices.size(), 6U);
    for (int i = 0; i < 6; ++i) {
      const ClusterChoice& choice = found.choices[i];
      EXPECT_EQ(choice.clusters, 2 + i);
      // As if it had been asked for.
      const SpectralClustering alone = ClusterSpectrally(graph, {.clusters = 2 + i, .restarts = 20}, context);
      const ClusterSums sums = SumClusters(graph, alone.labels, alone.clusters, context);
      EXPECT_NEAR(choice.modularity, NewmanModularity(sums), 1e-9);
      EXPECT_NEAR(choice.ncut, NormalizedCut(sums), 1e-9);
    }
    EXPECT_EQ(found.eigenvalues.size(), 8U);
  }
}

TEST(ClusterSpectrally, ARangeEndsAtTheUnitsWithEdges) {
  RunContext context;
  const SpectralClustering found =
      ClusterSpectrally(test::RandomChain({3, 2}, 1), {.clusters = {}, .restarts = 3}, context);
  ASSERT_EQ(found.choices.size(), 4U);
  EXPECT_EQ(found.choices.back().clusters, 5);
}

TEST(ClusterSpectrally, RowsOfLengthOneIgnoreDegrees) {
  std::vector<int> planted;
  const UnitGraph graph = test::PlantedChain({30, 30, 30}, 3, 0.1, 1, &planted);
  RunContext context;
  const SpectralClustering found =
      ClusterSpectrally(graph, {.clusters = 3, .restarts = 10, .normalize_rows = true}, context);
  EXPECT_EQ(found.labels, test::Canonical(planted));
  EXPECT_GT(found.inertia, ClusterSpectrally(graph, {.clusters = 3, .restarts = 10}, context).inertia);
}

TEST(ClusterSpectrally, CountsUnconnectedParts) {
  std::vector<int> planted;
  const UnitGraph graph = test::PlantedChain({8, 8, 8}, 4, 0, 1, &planted);
  RunContext context;
  const SpectralClustering found = ClusterSpectrally(graph, {.clusters = {}, .most_clusters = 6}, context);
  EXPECT_EQ(found.components, 4);
  EXPECT_EQ(found.clusters, 4);
}

TEST(ClusterSpectrally, SeparatesUnconnectedChains) {
  const UnitGraph graph = test::Chain({{{2, 0}, {0, 2}}, {{3, 0}, {0, 3}}});
  const SpectralClustering result = Cluster(graph, {.clusters = 2});
  EXPECT_EQ(result.labels, (std::vector<int>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(result.eigenvalues[0], 0);
  EXPECT_EQ(result.eigenvalues[1], 0);
  EXPECT_NEAR(result.inertia, 0, 1e-20);
}

TEST(ClusterSpectrally, FindsPlantedPartsDenselyAndByLanczos) {
  for (const std::vector<int>& widths : {std::vector<int>{60, 40, 20}, std::vector<int>{400, 200, 40, 12}}) {
    std::vector<int> planted;
    const UnitGraph graph = test::PlantedChain(widths, 4, 0.1, 1, &planted);
    const SpectralClustering result = Cluster(graph, {.clusters = 4, .restarts = 20});
    EXPECT_EQ(result.labels, planted);
    EXPECT_LT(result.residual, 1e-9);
  }
}

TEST(ClusterSpectrally, PermutedHiddenUnitsGetTheSamePartition) {
  const UnitGraph graph = test::PlantedChain({60, 40, 30, 20}, 5, 0.2, 2);
  const SpectralClustering before = Cluster(graph, {.clusters = 5, .restarts = 20});
  const test::Permuted permuted = test::PermuteHidden(graph, 3);
  const SpectralClustering after = Cluster(permuted.graph, {.clusters = 5, .restarts = 20});
  std::vector<int> carried;
  for (const int unit : permuted.unit_of) carried.push_back(before.labels[unit]);
  ASSERT_NE(carried, before.labels);
  EXPECT_EQ(after.labels, test::Canonical(carried));
}

TEST(ClusterSpectrally, ScalingAllWeightsChangesNothing) {
  const UnitGraph graph = test::PlantedChain({60, 40, 20}, 4, 0.2, 4);
  const SpectralClustering before = Cluster(graph, {.clusters = 4, .restarts = 20});
  for (const double factor : {1e-100, 0.3, 1e100}) {
    const SpectralClustering after = Cluster(test::Scaled(graph, factor), {.clusters = 4, .restarts = 20});
    EXPECT_EQ(after.labels, before.labels) << factor;
    for (size_t i = 0; i < before.eigenvalues.size(); ++i) {
      EXPECT_NEAR(after.eigenvalues[i], before.eigenvalues[i], 1e-12) << factor;
    }
  }
}

TEST(ClusterSpectrally, GivesTheSameBitsForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({500, 150, 10}, 5);
  const SpectralOptions options{.clusters = 8, .restarts = 20, .seed = 9};
  const SpectralClustering expected = Cluster(graph, options);
  for (const int threads : {1, 2, 3}) {
    const SpectralClustering result = Cluster(graph, options, threads);
    EXPECT_EQ(result.labels, expected.labels) << threads;
    EXPECT_EQ(result.eigenvalues, expected.eigenvalues) << threads;
    EXPECT_EQ(result.inertia, expected.inertia) << threads;
    EXPECT_EQ(result.residual, expected.residual) << threads;
  }
}

TEST(ClusterSpectrally, LabelsAreNumberedByFirstAppearanceAndLeaveOutUnitsWithoutEdges) {
  const UnitGraph graph = test::MixedGraph(6);
  const SpectralClustering result = Cluster(graph, {.clusters = 5, .restarts = 5});
  EXPECT_EQ(result.labels, test::Canonical(result.labels));
  for (int unit = 0; unit < graph.units(); ++unit) {
    const bool last_group = unit >= graph.first_unit(4);
    EXPECT_EQ(result.labels[unit] == -1, last_group) << unit;
  }
  const std::set<int> different(result.labels.begin(), result.labels.end());
  EXPECT_EQ(result.clusters, static_cast<int>(different.size()) - 1);
}

TEST(ClusterSpectrally, ReportsBothPhasesInOrder) {
  std::vector<std::string> phases;
  RunContext context(2, [&](std::string_view phase, std::optional<double>) {
    if (phases.empty() || phases.back() != phase) phases.emplace_back(phase);
  });
  ClusterSpectrally(test::RandomChain({20, 10}, 1), {.clusters = 3}, context);
  EXPECT_EQ(phases, (std::vector<std::string>{"embed", "cluster"}));
}

TEST(ClusterSpectrally, LeavesWhenCancelledInEitherPhase) {
  const UnitGraph graph = test::RandomChain({400, 200}, 1);
  for (const std::string cancel_in : {"embed", "cluster"}) {
    RunContext* running = nullptr;
    RunContext context(2, [&](std::string_view phase, std::optional<double>) {
      if (phase == cancel_in) running->Cancel();
    });
    running = &context;
    EXPECT_THROW(ClusterSpectrally(graph, {}, context), Cancelled) << cancel_in;
  }
}

ErrorKind KindOf(const UnitGraph& graph, const SpectralOptions& options) {
  try {
    Cluster(graph, options);
  } catch (const Error& error) {
    EXPECT_FALSE(std::string(error.what()).empty());
    return error.kind();
  }
  ADD_FAILURE() << "accepted";
  return ErrorKind::kNotConverged;
}

TEST(ClusterSpectrally, RefusesWhatMakesNoSense) {
  const UnitGraph graph = test::Chain({{{1, 1}, {1, 1}}, {{1, 0}, {1, 0}}});  // five units with edges
  for (const int clusters : {-1, 0, 1, 6, 1000}) {
    EXPECT_EQ(KindOf(graph, {.clusters = clusters}), ErrorKind::kClustersOutOfRange) << clusters;
  }
  EXPECT_EQ(KindOf(graph, {.clusters = 2, .restarts = 0}), ErrorKind::kInvalidOption);
  EXPECT_EQ(KindOf(graph, {.clusters = {}, .least_clusters = 3, .most_clusters = 2}), ErrorKind::kInvalidOption);
  EXPECT_EQ(KindOf(graph, {.clusters = {}, .least_clusters = 1}), ErrorKind::kClustersOutOfRange);
  EXPECT_EQ(KindOf(test::Chain({{{0, 0}, {0, 0}}}), {.clusters = 2}), ErrorKind::kNoEdges);
  EXPECT_EQ(Cluster(graph, {.clusters = 5}).clusters, 5);
}

}  // namespace
}  // namespace modlab
