#pragma once

#include <Eigen/Core>

#include "core/run_context.h"
#include "core/spectral/normalized_adjacency.h"

namespace modlab {

struct Eigenpairs {
  Eigen::VectorXd values;   ///< Descending.
  Eigen::MatrixXd vectors;  ///< Orthonormal, one per column.
};

/// The `count` largest eigenpairs of N on the orthogonal complement of `known`, orthonormal eigenvectors of N;
/// eigenvalues come as often as they are multiple. `count` and the columns of `known` together are at most N's size.
/// Small problems, and those where `count` is a large part of the whole, are solved densely; others by Lanczos
/// (Spectra), to a residual of about 1e-12. Deterministic. Reports phase `embed`. Errors: kNotConverged.
Eigenpairs LargestEigenpairs(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, int count,
                             RunContext& context);

}  // namespace modlab
