#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/run_context.h"
#include "core/spectral/aligned_doubles.h"

namespace modlab {

/// Points of a block, side by side in memory: two registers of AVX2, or one of AVX-512.
inline constexpr int kBlockPoints = 8;

/// The points of k-means twice. In blocks of 8, coordinate j of point 8 b + i at block(b)[8 j + i], zeros after the
/// last point: distances of a block's points to a centre are so worked out side by side. And one after the other, for
/// those who want some of them.
///
/// Coordinates that are the same for all points are left out, as they move no distance: those whose values spread over
/// less than 2^-48 of the widest coordinate's spread, hence whose squares are under 2^-96 of its. The first coordinate
/// of a spectral embedding is such a one, constant up to rounding.
class KMeansPoints {
 public:
  /// `points` [n][d], copied. O(n d). Checks for cancellation.
  KMeansPoints(const Eigen::Ref<const Eigen::MatrixXd>& points, const RunContext& context);

  int count() const { return count_; }
  /// Without the constant ones.
  int dimensions() const { return static_cast<int>(dimensions_); }
  int blocks() const { return (count_ + kBlockPoints - 1) / kBlockPoints; }
  const double* block(int block) const {
    return blocks_.data() + static_cast<size_t>(block) * kBlockPoints * dimensions_;
  }
  const double* point(int point) const { return rows_.data() + static_cast<size_t>(point) * dimensions_; }

 private:
  int count_;
  size_t dimensions_ = 0;
  AlignedDoubles blocks_;
  std::vector<double> rows_;
};

}  // namespace modlab
