#include "server/worker/score_defaults.h"

namespace modlab::server {
namespace {

struct Clustering {
  int clusters = 0;
  int restarts = 100;
};

/// For pictures, all weights are read once more, and once for each partition.
constexpr double kMostEdgesToReadAgain = 100e6;
constexpr int kDefaultPlotEdges = 4000;
constexpr int kDefaultPlotCells = 160;
/// As many units more restarts are worth their time for.
constexpr int kManyUnits = 2000;
/// Networks with as many outputs have been trained on ImageNet.
constexpr int kManyOutputs = 1000;

int FilanRestarts(const UnitGraph& graph) { return graph.units() > kManyUnits ? 100 : 25; }

Clustering ClusteringOf(v1::Preset preset, const UnitGraph& graph) {
  switch (preset) {
    case v1::PRESET_TOUMEI:
      return {8, 100};
    case v1::PRESET_FILAN:
      return {12, FilanRestarts(graph)};
    case v1::PRESET_HOD:
      return {graph.outputs >= kManyOutputs ? 32 : 16, FilanRestarts(graph)};
    case v1::PRESET_NN_CLUSTERING_PYTORCH:
      return {4, 100};
    default:
      return {};
  }
}

int NullSamples(v1::Preset preset, double edges) {
  if (edges > 100e6) return 0;
  if (edges > 5e6) return 20;
  return preset == v1::PRESET_FILAN || preset == v1::PRESET_HOD ? 50 : 100;
}

int LeidenRestarts(double edges) {
  if (edges > 1e5) return 5;
  return edges > 1e4 ? 10 : 50;
}

}  // namespace

void ResolveScore(const UnitGraph& graph, double edges, v1::ScoreSpec& spec) {
  if (!spec.has_resolution()) spec.set_resolution(1);
  if (!spec.nulls().has_samples()) spec.mutable_nulls()->set_samples(NullSamples(spec.preset(), edges));
  for (v1::PartitionSpec& partition : *spec.mutable_partitions()) {
    if (!partition.has_leiden() || partition.leiden().has_restarts()) continue;
    partition.mutable_leiden()->set_restarts(LeidenRestarts(edges));
  }
  v1::PlotDataSpec& plot_data = *spec.mutable_plot_data();
  const bool reads_again = edges <= kMostEdgesToReadAgain;
  if (!plot_data.has_edges()) plot_data.set_edges(reads_again ? kDefaultPlotEdges : 0);
  if (!plot_data.has_cells()) plot_data.set_cells(reads_again ? kDefaultPlotCells : 0);
  if (spec.preset() == v1::PRESET_UNSPECIFIED) return;
  const Clustering clustering = ClusteringOf(spec.preset(), graph);
  for (v1::PartitionSpec& partition : *spec.mutable_partitions()) {
    if (!partition.has_spectral()) continue;
    v1::SpectralSpec& spectral = *partition.mutable_spectral();
    const bool has_range = spectral.has_least_clusters() || spectral.has_most_clusters();
    if (!spectral.has_clusters() && !has_range) spectral.set_clusters(clustering.clusters);
    if (!spectral.has_restarts()) spectral.set_restarts(clustering.restarts);
  }
}

}  // namespace modlab::server
