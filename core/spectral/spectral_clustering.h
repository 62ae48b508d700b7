#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

struct SpectralOptions {
  /// Number of clusters k, 2 to the number of units with edges.
  int clusters = 8;
  /// How often k-means starts anew, at least 1.
  int restarts = 100;
  uint32_t seed = 0;
};

struct SpectralClustering {
  /// Per unit; 0 ... clusters - 1 numbered in order of first appearance, -1 for units of degree 0.
  std::vector<int> labels;
  /// Number of different labels.
  int clusters = 0;
  /// The smallest eigenvalues of L, ascending, min(k + 1, number of units with edges) of them.
  std::vector<double> eigenvalues;
  /// Largest |L v - lambda v| over the eigenpairs used, |v| = 1.
  double residual = 0;
  /// Sum over units of the squared distance to their cluster's centre, in the embedding.
  double inertia = 0;
};

/// Spectral clustering as definitions.md, section 4 ([vL]; scikit-learn's on a precomputed affinity): L = I - D^-1/2 A
/// D^-1/2, the k eigenvectors of the smallest eigenvalues, the constant one kept, scaled by D^-1/2, then k-means.
/// Deterministic given the seed, whatever the number of threads. Phases reported: `embed`, `cluster`.
/// Errors: kNoEdges, kClustersOutOfRange, kInvalidOption, kNotConverged.
SpectralClustering ClusterSpectrally(const UnitGraph& graph, const SpectralOptions& options, RunContext& context);

}  // namespace modlab
