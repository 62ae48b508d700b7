#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/run_context.h"
#include "core/spectral/affinity_operator.h"

namespace modlab {

/// The eigenpairs of L = I - D^-1/2 A D^-1/2 of the units that have edges.
struct Embedding {
  /// The units with edges, ascending; row i of `vectors` and `coordinates` is unit `units[i]`.
  std::vector<int> units;
  /// Ascending; one more than `vectors` has columns, where the graph has that many.
  std::vector<double> eigenvalues;
  /// Orthonormal eigenvectors v of L, one per column; each column's largest entry by absolute value is positive.
  Eigen::MatrixXd vectors;
  /// u = D^-1/2 v (Shi-Malik).
  Eigen::MatrixXd coordinates;
  /// Largest |L v - lambda v|.
  double residual = 0;
  /// Number of connected components.
  int components = 0;
};

/// The `dimensions` eigenvectors of the smallest eigenvalues (definitions.md, section 4). The zero eigenvalues' vectors
/// are known exactly (one for each connected component) and are not left to the solver. Small graphs are solved
/// densely, others by Lanczos (Spectra). Errors: kNoEdges, kClustersOutOfRange (dimensions over the number of units
/// with edges), kNotConverged.
Embedding Embed(const AffinityOperator& affinity, int dimensions, RunContext& context);

}  // namespace modlab
