#include "server/worker/preset.h"

namespace modlab::server {
namespace {

struct Clustering {
  int clusters = 0;
  int restarts = 100;
};

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

}  // namespace

void ResolveClustering(v1::Preset preset, const UnitGraph& graph, v1::SpectralSpec& spectral) {
  if (preset == v1::PRESET_UNSPECIFIED) return;
  const Clustering clustering = ClusteringOf(preset, graph);
  if (!spectral.has_clusters()) spectral.set_clusters(clustering.clusters);
  if (!spectral.has_restarts()) spectral.set_restarts(clustering.restarts);
}

}  // namespace modlab::server
