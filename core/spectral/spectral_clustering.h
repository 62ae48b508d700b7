#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "core/spectral/embedding.h"

namespace modlab {

struct SpectralOptions {
  /// Number of clusters k, 2 to the number of units with edges; absent: that of highest modularity of the range below,
  /// the least of equal ones.
  std::optional<int> clusters = 8;
  int least_clusters = 2;
  /// Where the graph has fewer units with edges, those.
  int most_clusters = 16;
  /// gamma of the modularity that k is chosen by (Newman's).
  double resolution = 1;
  /// How often k-means starts anew, at least 1.
  int restarts = 100;
  /// k-means of the rows of v with length 1 (Ng, Jordan & Weiss 2001) instead of those of D^-1/2 v.
  bool normalize_rows = false;
  uint32_t seed = 0;
};

/// What came of one number of clusters.
struct ClusterChoice {
  int clusters = 0;
  double modularity = 0;
  double ncut = 0;
  double inertia = 0;
};

struct SpectralClustering {
  /// Per unit; 0 ... clusters - 1 numbered in order of first appearance, -1 for units of degree 0.
  std::vector<int> labels;
  /// Number of different labels.
  int clusters = 0;
  /// The smallest eigenvalues of L, ascending: one more than the largest number of clusters that was tried, where the
  /// graph has as many.
  std::vector<double> eigenvalues;
  /// Largest |L v - lambda v| over the eigenpairs used, |v| = 1.
  double residual = 0;
  /// Sum over units of the squared distance to their cluster's centre, in the embedding.
  double inertia = 0;
  /// What was tried; empty where the number of clusters was given.
  std::vector<ClusterChoice> choices;
  /// Number of connected components with edges: as many eigenvalues are 0.
  int components = 0;
};

/// Spectral clustering as definitions.md, section 4 ([vL]; scikit-learn's on a precomputed affinity): L = I - D^-1/2 A
/// D^-1/2, the k eigenvectors of the smallest eigenvalues, the constant one kept, scaled by D^-1/2, then k-means.
/// Deterministic given the seed, whatever the number of threads. Phases reported: `embed`, `cluster`.
/// Errors: kNoEdges, kClustersOutOfRange, kInvalidOption, kNotConverged.
SpectralClustering ClusterSpectrally(const UnitGraph& graph, const SpectralOptions& options, RunContext& context);

/// The two halves of it: what does not depend on the seed, and what does.
Embedding EmbedForClustering(const UnitGraph& graph, const SpectralOptions& options, RunContext& context);
SpectralClustering ClusterEmbedding(const UnitGraph& graph, const Embedding& embedding, const SpectralOptions& options,
                                    RunContext& context);

}  // namespace modlab
