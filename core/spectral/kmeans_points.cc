#include "core/spectral/kmeans_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace modlab {
namespace {

/// Points between two checks for cancellation.
constexpr int kChunkPoints = 4096;

/// Of every coordinate, largest less smallest value.
Eigen::VectorXd Spreads(const Eigen::Ref<const Eigen::MatrixXd>& points, const RunContext& context) {
  Eigen::VectorXd spreads(points.cols());
  for (Eigen::Index column = 0; column < points.cols(); ++column) {
    context.CheckCancelled();
    spreads(column) = points.col(column).maxCoeff() - points.col(column).minCoeff();
  }
  return spreads;
}

}  // namespace

float RoundedUp(double number) {
  return std::nextafter(static_cast<float>(number), std::numeric_limits<float>::infinity());
}

KMeansPoints::KMeansPoints(const Eigen::Ref<const Eigen::MatrixXd>& points, const RunContext& context)
    : count_(static_cast<int>(points.rows())) {
  const Eigen::VectorXd spreads = Spreads(points, context);
  std::vector<Eigen::Index> columns;
  for (Eigen::Index column = 0; column < points.cols(); ++column) {
    if (spreads(column) > 0x1p-48 * spreads.maxCoeff()) columns.push_back(column);
  }
  dimensions_ = columns.size();
  blocks_.assign(blocks() * kBlockPoints * dimensions_, 0.0);
  rows_.resize(count_ * dimensions_);
  for (int first = 0; first < count_; first += kChunkPoints) {
    context.CheckCancelled();
    const int end = std::min(first + kChunkPoints, count_);
    for (size_t j = 0; j < dimensions_; ++j) {
      double* const in_block = blocks_.data() + j * kBlockPoints;
      const size_t block_size = kBlockPoints * dimensions_;
      for (int i = first; i < end; ++i) {
        const double coordinate = points(i, columns[j]);
        in_block[i / kBlockPoints * block_size + i % kBlockPoints] = coordinate;
        rows_[i * dimensions_ + j] = coordinate;
      }
    }
  }
  FillSingles(context);
}

void KMeansPoints::FillSingles(const RunContext& context) {
  double largest = 0;
  for (const double coordinate : rows_) largest = std::max(largest, std::abs(coordinate));
  if (largest > 0) scale_ = std::ldexp(1.0, std::min(-std::ilogb(largest) - 1, 1000));
  singles_.assign(singles_blocks() * kSinglesPoints * (dimensions_ + 1), 0.0F);
  for (int i = 0; i < count_; ++i) {
    if (i % kChunkPoints == 0) context.CheckCancelled();
    float* to = singles_.data() + i / kSinglesPoints * (kSinglesPoints * (dimensions_ + 1)) + i % kSinglesPoints;
    double square = 0;
    for (size_t j = 0; j < dimensions_; ++j, to += kSinglesPoints) {
      const double coordinate = point(i)[j] * scale_;
      square += coordinate * coordinate;
      *to = static_cast<float>(coordinate);
    }
    *to = RoundedUp(std::sqrt(square));
  }
}

}  // namespace modlab
