#include "core/community/resolution_sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/measure/measure.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

constexpr Objective kSweptObjectives[] = {Objective::kNewman, Objective::kDirected, Objective::kLayerPair};

/// The partition that is told to be the best at a resolution.
const SweptPartition& At(const ResolutionSweep& sweep, double resolution) {
  return *std::find_if(sweep.partitions.begin(), sweep.partitions.end() - 1,
                       [&](const SweptPartition& partition) { return resolution <= partition.most; });
}

SweptPartition Line(double internal, double expected) {
  SweptPartition line;
  line.internal = internal;
  line.expected = expected;
  return line;
}

/// Two layers of 64 units; unit i in the small part i mod 16, and in the large part i mod 4.
UnitGraph Hierarchy(double within_small, double within_large, double elsewhere) {
  constexpr int units = 64;
  test::Layer weights(units, std::vector<double>(units));
  for (int in = 0; in < units; ++in) {
    for (int out = 0; out < units; ++out) {
      weights[in][out] = in % 16 == out % 16 ? within_small : in % 4 == out % 4 ? within_large : elsewhere;
    }
  }
  return test::Chain({weights});
}

/// Cliques of five units, each joined to the next by one edge.
UnitGraph RingOfCliques(int cliques) {
  constexpr int size = 5;
  const int units = cliques * size;
  std::vector<double> weights(static_cast<size_t>(units) * units, 0.0);
  for (int clique = 0; clique < cliques; ++clique) {
    for (int a = 0; a < size; ++a) {
      for (int b = 0; b < a; ++b) weights[static_cast<size_t>(clique * size + a) * units + clique * size + b] = 1;
    }
    weights[static_cast<size_t>(clique * size) * units + (clique + 1) % cliques * size + 1] = 1;
  }
  UnitGraph graph;
  graph.AddGroup({.name = "ring", .operation = "", .units = units});
  graph.AddBlock(OwnedBlock(0, 0, units, units, std::move(weights)));
  return graph;
}

TEST(LogSpaced, GoesFromOneEndToTheOther) {
  const std::vector<double> values = LogSpaced(0.01, 100, 5);
  ASSERT_EQ(values.size(), 5U);
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(values[i], std::pow(10, i - 2), 1e-12 * std::pow(10, i - 2));
  EXPECT_EQ(values.front(), 0.01);
  EXPECT_EQ(values.back(), 100);
  EXPECT_EQ(LogSpaced(0.2, 3, 2), (std::vector<double>{0.2, 3}));
}

TEST(BestByResolution, IsTheUpperEnvelope) {
  // Of these, the third is nowhere the best, and the last one is the first again.
  const std::vector<SweptPartition> best =
      BestByResolution({Line(0.6, 0.1), Line(1, 1), Line(0.7, 0.5), Line(0.9, 0.5), Line(0.6, 0.1)}, 0.1, 10);
  ASSERT_EQ(best.size(), 3U);
  EXPECT_EQ(best[0].internal, 1);
  EXPECT_EQ(best[1].internal, 0.9);
  EXPECT_EQ(best[2].internal, 0.6);
  EXPECT_EQ(best[0].least, 0.1);
  EXPECT_NEAR(best[0].most, 0.2, 1e-12);
  EXPECT_EQ(best[1].least, best[0].most);
  EXPECT_NEAR(best[1].most, 0.75, 1e-12);
  EXPECT_EQ(best[2].most, 10);
  EXPECT_TRUE(BestByResolution({}, 0.1, 10).empty());
}

TEST(BestByResolution, LinesThatMeetInOnePointAreNoStretch) {
  std::vector<SweptPartition> lines(31);
  for (int i = 0; i <= 30; ++i) lines[i] = Line(0.5 + i / 60.0, i / 42.0 / 3);
  const std::vector<SweptPartition> best = BestByResolution(lines, 0.1, 10);
  ASSERT_EQ(best.size(), 2U);
  EXPECT_NEAR(best[0].most, 2.1, 1e-9);
}

TEST(BestByResolution, NothingIsBetterAnywhere) {
  Random random(3);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<SweptPartition> lines;
    for (int i = 0; i < 40; ++i) lines.push_back(Line(random.Uniform(), random.Uniform()));
    const std::vector<SweptPartition> best = BestByResolution(lines, 0.05, 5);
    EXPECT_EQ(best.back().most, 5);
    for (size_t i = 0; i < best.size(); ++i) {
      EXPECT_EQ(best[i].least, i > 0 ? best[i - 1].most : 0.05);
      for (const double share : {0.0, 0.3, 1.0}) {
        const double resolution = best[i].least + share * (best[i].most - best[i].least);
        for (const SweptPartition& line : lines) {
          EXPECT_LE(line.modularity(resolution), best[i].modularity(resolution) + 1e-9);
        }
      }
    }
  }
}

TEST(SweepResolutions, SeesBothLevelsOfAHierarchy) {
  const UnitGraph graph = Hierarchy(1, 0.15, 0.01);
  RunContext context;
  const ResolutionSweep sweep = SweepResolutions(graph, {.least = 0.05, .most = 8, .steps = 20}, {}, context);
  // Of the weight of one unit.
  const double all = 1 + 3 * 0.15 + 12 * 0.01;
  const double in_four = (1 + 3 * 0.15) / all;
  const double in_sixteen = 1 / all;
  const double one_to_four = (1 - in_four) / (1 - 1.0 / 4);
  const double four_to_sixteen = (in_four - in_sixteen) / (1.0 / 4 - 1.0 / 16);

  ASSERT_EQ(sweep.plateaus.size(), 2U);  // not the one below, of one cluster
  const SweptPartition& four = sweep.partitions[sweep.plateaus[0].partition];
  const SweptPartition& sixteen = sweep.partitions[sweep.plateaus[1].partition];
  EXPECT_EQ(four.labelling.clusters, 4);
  EXPECT_EQ(four.labelling.labels, test::CyclicLabels(128, 4));
  EXPECT_EQ(sixteen.labelling.labels, test::CyclicLabels(128, 16));
  EXPECT_NEAR(sweep.plateaus[0].least, one_to_four, 1e-6);
  EXPECT_NEAR(sweep.plateaus[0].most, four_to_sixteen, 1e-6);
  EXPECT_EQ(sweep.plateaus[1].least, sweep.plateaus[0].most);
  EXPECT_EQ(sweep.plateaus[1].most, 8);
  EXPECT_NEAR(four.newman, in_four - 1.0 / 4, 1e-6);

  ASSERT_EQ(sweep.steps.size(), 20U);
  for (size_t i = 0; i < sweep.steps.size(); ++i) {
    const double resolution = sweep.steps[i].resolution;
    const int clusters = sweep.partitions[sweep.steps[i].partition].labelling.clusters;
    EXPECT_EQ(clusters, resolution < one_to_four ? 1 : resolution < four_to_sixteen ? 4 : 16) << resolution;
    const bool same = i == 0 || sweep.steps[i].partition == sweep.steps[i - 1].partition;
    EXPECT_EQ(sweep.steps[i].closeness.adjusted_rand_index == 1, same);
    EXPECT_EQ(sweep.steps[i].closeness.variation_of_information == 0, same);
  }
}

// At resolution 1 modularity takes two cliques for one cluster (Fortunato & Barthelemy 2007).
TEST(SweepResolutions, LooksBeyondTheResolutionLimit) {
  constexpr int cliques = 24;
  const UnitGraph graph = RingOfCliques(cliques);
  RunContext context;
  const ResolutionSweep sweep = SweepResolutions(graph, {.least = 0.5, .most = 10, .steps = 30}, {}, context);
  EXPECT_EQ(At(sweep, 1).labelling.clusters, cliques / 2);
  ASSERT_GE(sweep.plateaus.size(), 2U);
  const Plateau& longest = sweep.plateaus[0];
  std::vector<int> planted(graph.units());
  for (int unit = 0; unit < graph.units(); ++unit) planted[unit] = unit / 5;
  EXPECT_EQ(sweep.partitions[longest.partition].labelling.labels, planted);
  EXPECT_NEAR(longest.least, 12.0 / 11, 1e-9);
  EXPECT_EQ(longest.most, 10);
  EXPECT_EQ(sweep.partitions[sweep.plateaus[1].partition].labelling.clusters, cliques / 2);
}

TEST(SweepResolutions, ModularityIsLinear) {
  const UnitGraph graph = test::MixedGraph(2);
  for (const Objective objective : kSweptObjectives) {
    RunContext context;
    const ResolutionSweep sweep = SweepResolutions(
        graph, {.leiden = {.objective = objective, .restarts = 1}, .least = 0.3, .most = 3, .steps = 4}, {}, context);
    for (const SweptPartition& partition : sweep.partitions) {
      const ClusterSums sums = SumClusters(graph, partition.labelling.labels, partition.labelling.clusters, context);
      for (const double resolution : {0.1, 1.0, 2.5}) {
        EXPECT_NEAR(partition.modularity(resolution), Modularity(sums, objective, resolution), 1e-12);
      }
      EXPECT_EQ(partition.newman, NewmanModularity(sums));
    }
  }
}

TEST(SweepResolutions, IsNoWorseThanLeidenAtEachResolution) {
  const UnitGraph graph = test::RandomChain({40, 30, 20}, 7);
  RunContext context;
  for (const Objective objective : kSweptObjectives) {
    const SweepOptions options{
        .leiden = {.objective = objective, .restarts = 2, .seed = 4}, .least = 0.3, .most = 2, .steps = 12};
    const ResolutionSweep sweep = SweepResolutions(graph, options, {}, context);
    int better = 0;
    int last_clusters = 0;
    for (const SweepStep& step : sweep.steps) {
      const SweptPartition& partition = sweep.partitions[step.partition];
      LeidenOptions alone = options.leiden;
      alone.resolution = step.resolution;
      const double found = Leiden(graph, alone, context).modularity;
      better += partition.modularity(step.resolution) > found + 1e-9 ? 1 : 0;
      EXPECT_GE(partition.modularity(step.resolution), found - 0.01) << step.resolution;
      last_clusters = partition.labelling.clusters;
    }
    EXPECT_GT(better, 0);
    EXPECT_GT(last_clusters, 1);
    // What is expected falls from one to the next, whatever is found.
    for (size_t i = 1; i < sweep.partitions.size(); ++i) {
      EXPECT_LT(sweep.partitions[i].expected, sweep.partitions[i - 1].expected);
    }
  }
}

TEST(SweepResolutions, TakesWhatIsKnown) {
  std::vector<int> planted;
  const UnitGraph graph = test::PlantedChain({40, 30, 20}, 3, 0.6, 5, &planted);
  RunContext context;
  const Labelling known = InOrderOfAppearance(planted);
  const SweepOptions high{.least = 50, .most = 60, .steps = 2};  // where Leiden finds it not
  EXPECT_EQ(SweepResolutions(graph, high, {known}, context).partitions.size(),
            SweepResolutions(graph, high, {}, context).partitions.size());
  const SweepOptions wide{.leiden = {.restarts = 1}, .least = 0.01, .most = 60, .steps = 2};
  const ResolutionSweep sweep = SweepResolutions(graph, wide, {known}, context);
  EXPECT_EQ(At(sweep, 1).labelling.labels, known.labels);
  EXPECT_NE(At(SweepResolutions(graph, wide, {}, context), 1).labelling.labels, known.labels);
}

TEST(SweepResolutions, PlateausAreWhatTheirDefinitionSays) {
  const UnitGraph graph = test::PlantedChain({40, 30, 20}, 3, 0.6, 5);
  RunContext context;
  const ResolutionSweep sweep = SweepResolutions(graph, {.least = 0.2, .most = 4, .steps = 30}, {}, context);
  ASSERT_FALSE(sweep.plateaus.empty());
  EXPECT_EQ(sweep.partitions[sweep.plateaus[0].partition].labelling.clusters, 3);
  double last_length = std::numeric_limits<double>::infinity();
  for (const Plateau& plateau : sweep.plateaus) {
    const double length = std::log(plateau.most / plateau.least);
    EXPECT_LE(length, last_length);
    last_length = length;
    const SweptPartition& centre = sweep.partitions[plateau.partition];
    for (const SweptPartition& partition : sweep.partitions) {
      if (partition.least < plateau.least || partition.most > plateau.most) continue;
      EXPECT_GE(MeasureCloseness(partition.labelling.labels, centre.labelling.labels).adjusted_rand_index,
                kPlateauAgreement);
      EXPECT_LE(partition.most / partition.least, centre.most / centre.least);
    }
    for (const Plateau& other : sweep.plateaus) {
      const bool apart = other.most <= plateau.least || other.least >= plateau.most;
      EXPECT_TRUE(&other == &plateau || apart);
    }
  }
  EXPECT_EQ(SweepResolutions(graph, {.least = 0.2, .most = 4, .steps = 30, .plateaus = 1}, {}, context).plateaus.size(),
            1U);
}

TEST(SweepResolutions, GivesTheSameForAnyNumberOfThreads) {
  const UnitGraph graph = test::RandomChain({40, 30, 10}, 5);
  const SweepOptions options{.leiden = {.restarts = 2, .seed = 9}, .steps = 15};
  RunContext one;
  const ResolutionSweep expected = SweepResolutions(graph, options, {}, one);
  for (const int threads : {2, 3}) {
    RunContext context(threads);
    const ResolutionSweep found = SweepResolutions(graph, options, {}, context);
    ASSERT_EQ(found.partitions.size(), expected.partitions.size());
    for (size_t i = 0; i < found.partitions.size(); ++i) {
      EXPECT_EQ(found.partitions[i].labelling.labels, expected.partitions[i].labelling.labels);
      EXPECT_EQ(found.partitions[i].internal, expected.partitions[i].internal);
      EXPECT_EQ(found.partitions[i].most, expected.partitions[i].most);
    }
    ASSERT_EQ(found.plateaus.size(), expected.plateaus.size());
  }
}

TEST(SweepResolutions, WhatIsWrongIsSaid) {
  const UnitGraph graph = test::RandomChain({4, 3}, 1);
  const auto error_of = [](const UnitGraph& of, const SweepOptions& options) {
    RunContext context;
    try {
      SweepResolutions(of, options, {}, context);
    } catch (const Error& error) {
      return error.kind();
    }
    throw std::logic_error("accepted");
  };
  EXPECT_EQ(error_of(graph, {.least = 0}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(graph, {.least = 1, .most = 1}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(graph, {.most = std::numeric_limits<double>::infinity()}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(graph, {.steps = 1}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(graph, {.leiden = {.restarts = 0}}), ErrorKind::kInvalidOption);
  EXPECT_EQ(error_of(test::Chain({{{0, 0}, {0, 0}}}), {}), ErrorKind::kNoEdges);
}

TEST(SweepResolutions, ReportsAndLeavesWhenCancelled) {
  const UnitGraph graph = test::RandomChain({40, 30, 20}, 1);
  for (const int threads : {1, 2}) {
    std::atomic<RunContext*> running{nullptr};
    std::string phase;
    RunContext context(threads, [&](std::string_view name, std::optional<double> fraction) {
      phase = name;
      if (fraction.value_or(0) >= 0 && running.load() != nullptr) running.load()->Cancel();
    });
    running = &context;
    EXPECT_THROW(SweepResolutions(graph, {.steps = 200}, {}, context), Cancelled);
    EXPECT_EQ(phase, "sweep");
  }
}

}  // namespace
}  // namespace modlab
