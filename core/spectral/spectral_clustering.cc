#include "core/spectral/spectral_clustering.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/measure/measure.h"
#include "core/spectral/affinity_operator.h"
#include "core/spectral/kmeans.h"

namespace modlab {
namespace {

/// Numbers of clusters to try, [least, most].
struct Range {
  int least = 0;
  int most = 0;
};

Range RangeOf(const SpectralOptions& options, int connected) {
  if (options.clusters) return {*options.clusters, *options.clusters};
  return {options.least_clusters, std::min(options.most_clusters, std::max(options.least_clusters, connected))};
}

void CheckOptions(const SpectralOptions& options, int connected) {
  if (connected == 0) {
    throw Error(ErrorKind::kNoEdges, "the network has no weights other than zero, so there is nothing to cluster.");
  }
  const Range range = RangeOf(options, connected);
  if (range.least < 2 || range.least > connected) {
    throw Error(ErrorKind::kClustersOutOfRange, "the number of clusters must be 2 to the number of units with edges, " +
                                                    std::to_string(connected) + "; it is " +
                                                    std::to_string(range.least) + ".");
  }
  if (options.most_clusters < options.least_clusters) {
    throw Error(ErrorKind::kInvalidOption, "the range of numbers of clusters is empty: from " +
                                               std::to_string(options.least_clusters) + " to " +
                                               std::to_string(options.most_clusters) + ".");
  }
  if (options.restarts < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of restarts must be at least 1; it is " + std::to_string(options.restarts) + ".");
  }
}

/// k-means of the embedding's first dimensions, as many as there are to be clusters.
KMeansResult Cluster(const Embedding& embedding, int clusters, const SpectralOptions& options, RunContext& context) {
  const KMeansOptions kmeans{.clusters = clusters, .restarts = options.restarts, .seed = options.seed};
  if (!options.normalize_rows) return KMeans(embedding.coordinates.leftCols(clusters), kmeans, context);
  Eigen::MatrixXd points = embedding.vectors.leftCols(clusters);
  points.rowwise().normalize();  // rows of length 0 stay
  return KMeans(points, kmeans, context);
}

Labelling LabelUnits(const UnitGraph& graph, const Embedding& embedding, const std::vector<int>& of_row) {
  std::vector<int> labels(graph.units(), -1);
  for (size_t row = 0; row < embedding.units.size(); ++row) labels[embedding.units[row]] = of_row[row];
  return InOrderOfAppearance(std::move(labels));
}

}  // namespace

Embedding EmbedForClustering(const UnitGraph& graph, const SpectralOptions& options, RunContext& context) {
  const BlockAffinity affinity(graph, context);
  const auto& degrees = affinity.degrees();
  const auto connected = std::count_if(degrees.begin(), degrees.end(), [](double degree) { return degree > 0; });
  CheckOptions(options, static_cast<int>(connected));
  return Embed(affinity, RangeOf(options, static_cast<int>(connected)).most, context);
}

SpectralClustering ClusterEmbedding(const UnitGraph& graph, const Embedding& embedding, const SpectralOptions& options,
                                    RunContext& context) {
  const Range range = RangeOf(options, static_cast<int>(embedding.units.size()));
  SpectralClustering result;
  result.eigenvalues = embedding.eigenvalues;
  result.residual = embedding.residual;
  result.components = embedding.components;
  double best_modularity = 0;
  for (int clusters = range.least; clusters <= range.most; ++clusters) {
    const KMeansResult kmeans = Cluster(embedding, clusters, options, context);
    Labelling found = LabelUnits(graph, embedding, kmeans.labels);
    bool is_best = true;
    if (!options.clusters) {
      const ClusterSums sums = SumClusters(graph, found.labels, found.clusters, context);
      const double modularity = NewmanModularity(sums, options.resolution);
      result.choices.push_back({clusters, modularity, NormalizedCut(sums), kmeans.inertia});
      is_best = result.choices.size() == 1 || modularity > best_modularity;
      if (is_best) best_modularity = modularity;
    }
    if (!is_best) continue;
    result.labels = std::move(found.labels);
    result.clusters = found.clusters;
    result.inertia = kmeans.inertia;
  }
  return result;
}

SpectralClustering ClusterSpectrally(const UnitGraph& graph, const SpectralOptions& options, RunContext& context) {
  return ClusterEmbedding(graph, EmbedForClustering(graph, options, context), options, context);
}

}  // namespace modlab
