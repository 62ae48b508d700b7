#include "server/worker/preset.h"

#include <gtest/gtest.h>

namespace modlab::server {
namespace {

v1::SpectralSpec Resolved(v1::Preset preset, int units, int outputs, v1::SpectralSpec spectral = {}) {
  UnitGraph graph;
  graph.AddGroup({"input", "input", units});
  graph.outputs = outputs;
  ResolveClustering(preset, graph, spectral);
  return spectral;
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

}  // namespace
}  // namespace modlab::server
