#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/run_context.h"
#include "core/spectral/aligned_doubles.h"

namespace modlab {

/// Points of a block, side by side in memory: two registers of AVX2, or one of AVX-512.
inline constexpr int kBlockPoints = 8;
/// The same in single precision.
inline constexpr int kSinglesPoints = 16;

/// A number in single precision that is not below `number`.
float RoundedUp(double number);

/// The points of k-means three times. In blocks of 8, coordinate j of point 8 b + i at block(b)[8 j + i], zeros after
/// the last point: distances of a block's points to a centre are so worked out side by side. One after the other, for
/// those who want some of them. And in single precision, for kmeans_screening.h: in blocks of 16, each coordinate times
/// scale(), a power of 2, so that the largest lies in 0.5 ... 1, and last their norms, rounded up.
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

  int singles_blocks() const { return (count_ + kSinglesPoints - 1) / kSinglesPoints; }
  /// [dimensions() + 1][kSinglesPoints].
  const float* singles(int block) const {
    return singles_.data() + static_cast<size_t>(block) * kSinglesPoints * (dimensions_ + 1);
  }
  double scale() const { return scale_; }

 private:
  void FillSingles(const RunContext& context);

  int count_;
  size_t dimensions_ = 0;
  AlignedDoubles blocks_;
  std::vector<double> rows_;
  double scale_ = 1;
  AlignedFloats singles_;
};

}  // namespace modlab
