#include "server/worker/warm_up.h"

#include <utility>
#include <vector>

#include "core/community/leiden.h"
#include "core/measure/measure.h"
#include "core/random.h"
#include "core/spectral/spectral_clustering.h"

namespace modlab::server {
namespace {

/// Two layers of random weights: enough for Lanczos.
UnitGraph SmallNetwork() {
  constexpr int inputs = 400;
  constexpr int outputs = 200;
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = inputs});
  graph.AddGroup({.name = "layer", .operation = "linear", .units = outputs});
  Random random(0);
  std::vector<double> weights(static_cast<size_t>(inputs) * outputs);
  for (double& weight : weights) weight = random.Uniform();
  graph.AddBlock(OwnedBlock(0, 1, inputs, outputs, std::move(weights)));
  return graph;
}

}  // namespace

void WarmUp() {
  RunContext context;
  const UnitGraph graph = SmallNetwork();
  const SpectralClustering found = ClusterSpectrally(graph, {.clusters = 8, .restarts = 2}, context);
  NewmanModularity(SumClusters(graph, found.labels, found.clusters, context));
  Leiden(graph, {.restarts = 1}, context);
}

}  // namespace modlab::server
