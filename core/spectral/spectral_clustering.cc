#include "core/spectral/spectral_clustering.h"

#include <string>

#include "core/error.h"
#include "core/spectral/affinity_operator.h"
#include "core/spectral/embedding.h"
#include "core/spectral/kmeans.h"

namespace modlab {
namespace {

void CheckOptions(const SpectralOptions& options, const AffinityOperator& affinity) {
  int connected = 0;
  for (const double degree : affinity.degrees()) connected += degree > 0 ? 1 : 0;
  if (connected == 0) {
    throw Error(ErrorKind::kNoEdges, "the network has no weights other than zero, so there is nothing to cluster.");
  }
  if (options.clusters < 2 || options.clusters > connected) {
    throw Error(ErrorKind::kClustersOutOfRange, "the number of clusters must be 2 to the number of units with edges, " +
                                                    std::to_string(connected) + "; it is " +
                                                    std::to_string(options.clusters) + ".");
  }
  if (options.restarts < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of restarts must be at least 1; it is " + std::to_string(options.restarts) + ".");
  }
}

}  // namespace

SpectralClustering ClusterSpectrally(const UnitGraph& graph, const SpectralOptions& options, RunContext& context) {
  const BlockAffinity affinity(graph, context);
  CheckOptions(options, affinity);
  const Embedding embedding = Embed(affinity, options.clusters, context);
  const KMeansResult kmeans =
      KMeans(embedding.coordinates, {.clusters = options.clusters, .restarts = options.restarts, .seed = options.seed},
             context);

  SpectralClustering result;
  result.eigenvalues = embedding.eigenvalues;
  result.residual = embedding.residual;
  result.inertia = kmeans.inertia;
  result.labels.assign(graph.units(), -1);
  std::vector<int> number_of(options.clusters, -1);  // in order of first appearance
  for (size_t row = 0; row < embedding.units.size(); ++row) {
    int& number = number_of[kmeans.labels[row]];
    if (number < 0) number = result.clusters++;
    result.labels[embedding.units[row]] = number;
  }
  return result;
}

}  // namespace modlab
