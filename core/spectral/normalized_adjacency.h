#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "core/spectral/affinity_operator.h"

namespace modlab {

/// N = D^-1/2 A D^-1/2 of the units that have edges, so that L = I - N. Refers to the affinity, which must outlive it.
/// Not thread safe: it keeps buffers.
class NormalizedAdjacency {
 public:
  explicit NormalizedAdjacency(const AffinityOperator& affinity);

  /// The units with edges, ascending; all vectors here have one entry for each of them, in this order.
  const std::vector<int>& units() const { return units_; }
  int size() const { return static_cast<int>(units_.size()); }
  /// Degrees of these units.
  const Eigen::VectorXd& degrees() const { return degrees_; }
  /// D^-1/2 of these units.
  const Eigen::VectorXd& scale() const { return scale_; }

  /// The units' sides, as AffinityOperator::Sides has them: N is [0 B; B^T 0] then.
  const std::optional<std::vector<char>>& sides() const { return sides_; }

  /// The lower triangle of B^T B, where `side` are the units of B's columns, as indices here: those of one side.
  /// Nothing where AffinityOperator::SideGram has nothing.
  std::optional<Eigen::MatrixXd> Gram(const std::vector<int>& side, int applications) const;

  /// N x for every column of x.
  Eigen::MatrixXd Apply(const Eigen::Ref<const Eigen::MatrixXd>& x) const;

 private:
  const AffinityOperator& affinity_;
  std::vector<int> units_;
  Eigen::VectorXd degrees_;
  Eigen::VectorXd scale_;
  std::optional<std::vector<char>> sides_;
  mutable Eigen::MatrixXd all_x_;
  mutable Eigen::MatrixXd all_y_;
};

}  // namespace modlab
