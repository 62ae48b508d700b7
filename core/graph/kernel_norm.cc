#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "core/graph/model_reader.h"

namespace modlab {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double SumOfMagnitudes(const double* slice, int64_t count) {
  return std::accumulate(slice, slice + count, 0.0, [](double sum, double value) { return sum + std::abs(value); });
}

double LargestMagnitude(const double* slice, int64_t count) {
  double largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(slice[i]));
  return largest;
}

double Frobenius(const double* slice, int64_t count) {
  // Scaled, so that squares neither overflow nor vanish.
  const double scale = LargestMagnitude(slice, count);
  if (scale == 0) return 0;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += (slice[i] / scale) * (slice[i] / scale);
  return scale * std::sqrt(sum);
}

double MaxColumnSum(const double* slice, int64_t rows, int64_t columns) {
  double largest = 0;
  for (int64_t column = 0; column < columns; ++column) {
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row) sum += std::abs(slice[row * columns + column]);
    largest = std::max(largest, sum);
  }
  return largest;
}

double LargestSingularValueOfMagnitudes(const double* slice, int64_t rows, int64_t columns) {
  if (rows == 1 || columns == 1) return Frobenius(slice, rows * columns);
  const double scale = LargestMagnitude(slice, rows * columns);
  if (scale == 0) return 0;
  // The largest eigenvalue of the smaller Gram matrix: as accurate as an SVD for this one value, and much cheaper.
  const Matrix magnitudes = Eigen::Map<const Matrix>(slice, rows, columns).cwiseAbs() / scale;
  const Matrix gram =
      rows < columns ? Matrix(magnitudes * magnitudes.transpose()) : Matrix(magnitudes.transpose() * magnitudes);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram, Eigen::EigenvaluesOnly);
  return scale * std::sqrt(solver.eigenvalues()(gram.rows() - 1));
}

}  // namespace

double ComputeKernelNorm(KernelNorm norm, const double* slice, int64_t rows, int64_t columns) {
  const int64_t count = rows * columns;
  if (count == 1) return std::abs(slice[0]);
  switch (norm) {
    case KernelNorm::kL1:
      return SumOfMagnitudes(slice, count);
    case KernelNorm::kL2:
      return Frobenius(slice, count);
    case KernelNorm::kMaxColumnSum:
      return MaxColumnSum(slice, rows, columns);
    case KernelNorm::kSpectral:
      return LargestSingularValueOfMagnitudes(slice, rows, columns);
    case KernelNorm::kMeanAbs:
      return SumOfMagnitudes(slice, count) / static_cast<double>(count);
  }
  throw std::logic_error("unknown kernel norm");
}

}  // namespace modlab
