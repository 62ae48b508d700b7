#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "core/train/clusterability.h"

namespace modlab {

/// The clusterability of one network again and again while it learns. ComputeClusterability finds eigenvectors anew
/// each time, to the last digits; here they are improved from those of the time before, in single precision, by
/// subspace iteration with Chebyshev polynomials (Zhou, Saad, Tiago & Chelikowsky 2006), to a residual of 2 % of the
/// eigenvalue of B^T B, N = [0 B; B^T 0] being the normalised adjacency. Eigenvalues are then right to about its
/// square; the gradient is that of the Rayleigh quotients at the vectors found.
///
/// For layered networks (edges go from one side to the other) of dense layers without scales; others, small ones, and
/// those whose vectors do not come near enough in time are left to ComputeClusterability. Holds the magnitudes of all
/// weights in single precision. O(applications * entries * eigenvalues). Not thread safe.
class ClusterabilityTracker {
 public:
  /// The graph must outlive it; its weights are read where they lie, and may change between two calls of Compute.
  ClusterabilityTracker(const UnitGraph& graph, const ClusterabilityOptions& options, RunContext& context);

  /// As ComputeClusterability(graph, options, context), and its errors.
  Clusterability Compute(RunContext& context);

  /// What the next call starts from: [units of the smaller side][columns], empty before the first. With the same one
  /// and the same weights, another tracker of the same network gives the same bits.
  const std::vector<float>& subspace() const { return subspace_; }
  /// Another network's is taken for none.
  void set_subspace(std::vector<float> subspace);

  /// How often B^T B was applied to a subspace by the last call; 0 where it was left to ComputeClusterability.
  int applications() const { return applications_; }

 private:
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// A block's magnitudes, and where its units lie in the vectors of the two sides.
  struct Weights {
    const float* data;
    int targets;
    int sources;
    bool targets_are_small;
    int small_at;
    int large_at;
    std::vector<float> magnitudes;
  };

  bool IsPlain() const;
  void FindSides(const std::vector<char>& sides);
  void ReadWeights();
  /// A block's part of a product with A.
  void AddProduct(const Weights& weights, bool to_small, const Matrix& from, Matrix& to) const;
  /// B X, and B^T B X without the trivial eigenvector.
  Matrix ToLarge(const Matrix& small) const;
  Matrix Apply(const Matrix& small) const;
  /// The columns' parts above `bound` grow, those in [0, bound] do not.
  Matrix Filter(const Matrix& start, double bound) const;
  struct Ritz {
    Eigen::VectorXd values;  ///< Descending.
    Matrix vectors;
    Eigen::VectorXd residuals;
  };
  Ritz ProjectOn(const Matrix& columns) const;
  std::optional<Ritz> Find(RunContext& context);
  Clusterability Finish(const Ritz& ritz) const;

  const UnitGraph& graph_;
  ClusterabilityOptions options_;
  int columns_ = 0;  ///< 0: it is not of the kind.
  std::vector<Weights> weights_;
  std::vector<int> small_units_;  ///< Unit numbers.
  std::vector<int> large_units_;
  Eigen::VectorXf small_scale_;  ///< D^-1/2.
  Eigen::VectorXf large_scale_;
  Eigen::VectorXf trivial_;  ///< The eigenvector of eigenvalue 1, on the smaller side.
  std::vector<float> subspace_;
  int applications_ = 0;
};

}  // namespace modlab
