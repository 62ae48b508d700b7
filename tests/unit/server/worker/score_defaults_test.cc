#include "server/worker/score_defaults.h"

#include <gtest/gtest.h>

namespace modlab::server {
namespace {

v1::SpectralSpec Resolved(v1::Preset preset, int units, int outputs, v1::SpectralSpec spectral = {}) {
  UnitGraph graph;
  graph.AddGroup({"input", "input", units});
  graph.outputs = outputs;
  v1::ScoreSpec spec;
  spec.set_preset(preset);
  *spec.add_partitions()->mutable_spectral() = spectral;
  ResolveScore(graph, 1000, spec);
  return spec.partitions(0).spectral();
}

int Samples(v1::Preset preset, double edges) {
  v1::ScoreSpec spec;
  spec.set_preset(preset);
  ResolveScore(UnitGraph(), edges, spec);
  return spec.nulls().samples();
}

// definitions.md, section 10.
TEST(Presets, HaveTheirClusteringsByTheNetwork) {
  EXPECT_EQ(Resolved(v1::PRESET_TOUMEI, 3000, 10).clusters(), 8);
  EXPECT_EQ(Resolved(v1::PRESET_TOUMEI, 300, 10).restarts(), 100);
  EXPECT_EQ(Resolved(v1::PRESET_FILAN, 2000, 10).clusters(), 12);
  EXPECT_EQ(Resolved(v1::PRESET_FILAN, 2000, 10).restarts(), 25);
  EXPECT_EQ(Resolved(v1::PRESET_FILAN, 2001, 10).restarts(), 100);
  EXPECT_EQ(Resolved(v1::PRESET_HOD, 500, 10).clusters(), 16);
  EXPECT_EQ(Resolved(v1::PRESET_HOD, 500, 1000).clusters(), 32);
  EXPECT_EQ(Resolved(v1::PRESET_NN_CLUSTERING_PYTORCH, 500, 10).clusters(), 4);
}

TEST(Presets, LeaveWhatIsGiven) {
  v1::SpectralSpec given;
  given.set_clusters(3);
  given.set_restarts(7);
  EXPECT_EQ(Resolved(v1::PRESET_FILAN, 3000, 10, given).clusters(), 3);
  EXPECT_EQ(Resolved(v1::PRESET_FILAN, 3000, 10, given).restarts(), 7);
  EXPECT_FALSE(Resolved(v1::PRESET_UNSPECIFIED, 3000, 10).has_clusters());
}

TEST(Presets, LeaveARange) {
  v1::SpectralSpec given;
  given.set_most_clusters(9);
  EXPECT_FALSE(Resolved(v1::PRESET_FILAN, 3000, 10, given).has_clusters());
}

int LeidenRestarts(double edges) {
  v1::ScoreSpec spec;
  spec.add_partitions()->mutable_leiden();
  ResolveScore(UnitGraph(), edges, spec);
  return spec.partitions(0).leiden().restarts();
}

TEST(LeidenRestarts, AreMoreForSmallGraphsUnlessGiven) {
  EXPECT_EQ(LeidenRestarts(1e4), 50);
  EXPECT_EQ(LeidenRestarts(2e4), 10);
  EXPECT_EQ(LeidenRestarts(2e5), 5);
  v1::ScoreSpec given;
  given.add_partitions()->mutable_leiden()->set_restarts(7);
  ResolveScore(UnitGraph(), 100, given);
  EXPECT_EQ(given.partitions(0).leiden().restarts(), 7);
}

TEST(NullSamples, AreFewerForLargeGraphs) {
  EXPECT_EQ(Samples(v1::PRESET_UNSPECIFIED, 5e6), 100);
  EXPECT_EQ(Samples(v1::PRESET_FILAN, 5e6), 50);
  EXPECT_EQ(Samples(v1::PRESET_TOUMEI, 5e6), 100);
  EXPECT_EQ(Samples(v1::PRESET_UNSPECIFIED, 6e6), 20);
  EXPECT_EQ(Samples(v1::PRESET_FILAN, 6e6), 20);
  EXPECT_EQ(Samples(v1::PRESET_UNSPECIFIED, 101e6), 0);
  v1::ScoreSpec given;
  given.mutable_nulls()->set_samples(7);
  ResolveScore(UnitGraph(), 101e6, given);
  EXPECT_EQ(given.nulls().samples(), 7);
  EXPECT_EQ(given.resolution(), 1);
}

v1::PlotDataSpec PlotDataOf(double edges, v1::PlotDataSpec given = {}) {
  v1::ScoreSpec spec;
  *spec.mutable_plot_data() = given;
  ResolveScore(UnitGraph(), edges, spec);
  return spec.plot_data();
}

TEST(PlotDefaults, AreNoneWhereReadingAllWeightsAgainTakesLong) {
  EXPECT_EQ(PlotDataOf(100e6).edges(), 4000);
  EXPECT_EQ(PlotDataOf(100e6).cells(), 160);
  EXPECT_EQ(PlotDataOf(101e6).edges(), 0);
  EXPECT_EQ(PlotDataOf(101e6).cells(), 0);
}

TEST(PlotDefaults, LeaveWhatIsGiven) {
  v1::PlotDataSpec given;
  given.set_edges(0);
  given.set_cells(7);
  EXPECT_EQ(PlotDataOf(1000, given).edges(), 0);
  EXPECT_EQ(PlotDataOf(101e6, given).cells(), 7);
}

}  // namespace
}  // namespace modlab::server
