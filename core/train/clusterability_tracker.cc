#include "core/train/clusterability_tracker.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/cpu_dispatch.h"
#include "core/random.h"
#include "core/spectral/affinity_operator.h"
#include "core/train/matrix_product.h"

namespace modlab {
namespace {

/// Columns besides those that are wanted: they come near faster then.
constexpr int kGuards = 5;
constexpr int kFilterDegree = 4;
/// Of an eigenvalue of B^T B.
constexpr double kTolerance = 0.02;
constexpr int kMostRounds = 30;
/// Squares of singular values that are too small to divide by.
constexpr double kLeastEigenvalue = 1e-6;

/// Magnitudes, and adds them to the sums of their row and columns.
MODLAB_CPU_DISPATCH
double AddMagnitudes(const float* values, int count, float* magnitudes, double* column_sums) {
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    magnitudes[i] = std::abs(values[i]);
    column_sums[i] += magnitudes[i];
  }
  for (int i = 0; i < count; ++i) sum += magnitudes[i];
  return sum;
}

}  // namespace

ClusterabilityTracker::ClusterabilityTracker(const UnitGraph& graph, const ClusterabilityOptions& options,
                                             RunContext& context)
    : graph_(graph), options_(options) {
  if (!IsPlain()) return;
  const auto sides = BlockAffinity(graph, context).Sides();
  if (!sides) return;
  FindSides(*sides);
  const int columns = options.eigenvalues + kGuards;
  if (static_cast<int>(small_units_.size()) > 4 * columns) columns_ = columns;
}

bool ClusterabilityTracker::IsPlain() const {
  return std::all_of(graph_.blocks().begin(), graph_.blocks().end(), [](const Block& block) {
    return block.float_data != nullptr && !block.is_sparse() && block.convolution_groups == 1 &&
           block.source_stride == 1 && block.target_stride == block.source_units && block.target_scale.empty() &&
           block.source_scale.empty() && block.threshold <= 0 && block.part == WeightPart::kMagnitude;
  });
}

void ClusterabilityTracker::FindSides(const std::vector<char>& sides) {
  const auto ones = std::count(sides.begin(), sides.end(), 1);
  const char small = 2 * ones <= static_cast<std::ptrdiff_t>(sides.size()) ? 1 : 0;
  std::vector<int> place(sides.size());
  for (size_t unit = 0; unit < sides.size(); ++unit) {
    std::vector<int>& units = sides[unit] == small ? small_units_ : large_units_;
    place[unit] = static_cast<int>(units.size());
    units.push_back(static_cast<int>(unit));
  }
  for (const Block& block : graph_.blocks()) {
    if (block.target_units == 0 || block.source_units == 0) continue;
    const int target = graph_.first_target_unit(block);
    const int source = graph_.first_source_unit(block);
    const bool targets_are_small = sides[target] == small;
    weights_.push_back({block.float_data, block.target_units, block.source_units, targets_are_small,
                        place[targets_are_small ? target : source], place[targets_are_small ? source : target],
                        std::vector<float>(static_cast<size_t>(block.target_units) * block.source_units)});
  }
}

void ClusterabilityTracker::set_subspace(std::vector<float> subspace) {
  if (subspace.size() == small_units_.size() * static_cast<size_t>(columns_)) subspace_ = std::move(subspace);
}

void ClusterabilityTracker::ReadWeights() {
  Eigen::VectorXd small = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(small_units_.size()));
  Eigen::VectorXd large = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(large_units_.size()));
  for (Weights& weights : weights_) {
    double* const targets =
        weights.targets_are_small ? small.data() + weights.small_at : large.data() + weights.large_at;
    double* const sources =
        weights.targets_are_small ? large.data() + weights.large_at : small.data() + weights.small_at;
    for (int target = 0; target < weights.targets; ++target) {
      const int64_t row = int64_t{target} * weights.sources;
      targets[target] += AddMagnitudes(weights.data + row, weights.sources, weights.magnitudes.data() + row, sources);
    }
  }
  const auto scale = [](double degree) { return degree > 0 ? static_cast<float>(1 / std::sqrt(degree)) : 0.0F; };
  small_scale_ = small.unaryExpr(scale);
  large_scale_ = large.unaryExpr(scale);
  trivial_ = small.cwiseSqrt().normalized().cast<float>();
}

void ClusterabilityTracker::AddProduct(const Weights& weights, bool to_small, const Matrix& from, Matrix& to) const {
  const Eigen::Index columns = from.cols();
  const int from_at = to_small ? weights.large_at : weights.small_at;
  const int to_at = to_small ? weights.small_at : weights.large_at;
  if (to_small == weights.targets_are_small) {
    MatrixProduct(false, false, weights.targets, columns, weights.sources, weights.magnitudes.data(),
                  from.data() + from_at * columns, true, to.data() + to_at * columns);
    return;
  }
  // Half as long as the transposed product.
  const Matrix turned = from.middleRows(from_at, weights.targets).transpose();
  Matrix product(columns, weights.sources);
  MatrixProduct(false, false, columns, weights.sources, weights.targets, turned.data(), weights.magnitudes.data(),
                false, product.data());
  to.middleRows(to_at, weights.sources) += product.transpose();
}

ClusterabilityTracker::Matrix ClusterabilityTracker::ToLarge(const Matrix& small) const {
  const Matrix scaled = small_scale_.asDiagonal() * small;
  Matrix large = Matrix::Zero(large_scale_.size(), small.cols());
  for (const Weights& weights : weights_) AddProduct(weights, false, scaled, large);
  return large_scale_.asDiagonal() * large;
}

ClusterabilityTracker::Matrix ClusterabilityTracker::Apply(const Matrix& small) const {
  const Matrix scaled = large_scale_.asDiagonal() * ToLarge(small);
  Matrix result = Matrix::Zero(small_scale_.size(), small.cols());
  for (const Weights& weights : weights_) AddProduct(weights, true, scaled, result);
  result = small_scale_.asDiagonal() * result;
  result.noalias() -= trivial_ * (trivial_.transpose() * small);
  return result;
}

ClusterabilityTracker::Matrix ClusterabilityTracker::Filter(const Matrix& start, double bound) const {
  const auto half = static_cast<float>(bound / 2);
  Matrix before = start;
  Matrix now = (Apply(start) - half * start) / half;
  for (int degree = 2; degree <= kFilterDegree; ++degree) {
    Matrix next = (Apply(now) - half * now) * (2 / half) - before;
    before = std::move(now);
    now = std::move(next);
  }
  return now;
}

ClusterabilityTracker::Ritz ClusterabilityTracker::ProjectOn(const Matrix& columns) const {
  const Eigen::MatrixXd wide = columns.cast<double>();
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(wide);
  const Eigen::MatrixXd basis = qr.householderQ() * Eigen::MatrixXd::Identity(wide.rows(), wide.cols());
  const Eigen::MatrixXd applied = Apply(basis.cast<float>()).cast<double>();
  const Eigen::MatrixXd projected = basis.transpose() * applied;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver((projected + projected.transpose()) / 2);
  const Eigen::MatrixXd rotation = solver.eigenvectors().rowwise().reverse();
  Ritz ritz;
  ritz.values = solver.eigenvalues().reverse();
  const Eigen::MatrixXd vectors = basis * rotation;
  ritz.residuals = (applied * rotation - vectors * ritz.values.asDiagonal()).colwise().norm().transpose();
  ritz.vectors = vectors.cast<float>();
  return ritz;
}

std::optional<ClusterabilityTracker::Ritz> ClusterabilityTracker::Find(RunContext& context) {
  const auto size = static_cast<Eigen::Index>(small_units_.size());
  Matrix columns(size, columns_);
  applications_ = 1;
  if (subspace_.empty()) {
    Random random(0);
    columns = Matrix::NullaryExpr(size, columns_, [&] { return static_cast<float>(random.Uniform() - 0.5); });
  } else {
    columns = Eigen::Map<const Matrix>(subspace_.data(), size, columns_);
  }
  Ritz ritz = ProjectOn(columns);
  for (int round = 0; round < kMostRounds; ++round) {
    context.CheckCancelled();
    const double bound = ritz.values[columns_ - 1];
    if (!(bound > 0) || !std::isfinite(ritz.values[0])) return std::nullopt;
    ritz = ProjectOn(Filter(ritz.vectors, bound));
    applications_ += kFilterDegree + 1;
    const auto wanted = ritz.values.head(options_.eigenvalues);
    if (wanted[options_.eigenvalues - 1] < kLeastEigenvalue) return std::nullopt;
    if ((ritz.residuals.head(options_.eigenvalues).array() <= kTolerance * wanted.array()).all()) return ritz;
  }
  return std::nullopt;
}

Clusterability ClusterabilityTracker::Finish(const Ritz& ritz) const {
  const Eigen::Index count = options_.eigenvalues;
  const Eigen::VectorXd singular_values = ritz.values.cwiseMax(0).cwiseSqrt();
  Clusterability clusterability;
  for (Eigen::Index i = 0; i < count; ++i) {
    clusterability.eigenvalues.push_back(1 - singular_values[i]);
    clusterability.sum += clusterability.eigenvalues.back();
  }
  clusterability.gap = singular_values[count - 1] - singular_values[count];
  const Matrix small = ritz.vectors.leftCols(count);
  const Eigen::MatrixXd large =
      ToLarge(small).cast<double>() * singular_values.head(count).cwiseInverse().asDiagonal() * std::sqrt(0.5);
  clusterability.coordinates.setZero(graph_.units(), count);
  clusterability.coordinates(small_units_, Eigen::all) =
      small_scale_.cast<double>().asDiagonal() * (small.cast<double>() * std::sqrt(0.5));
  clusterability.coordinates(large_units_, Eigen::all) = large_scale_.cast<double>().asDiagonal() * large;
  return clusterability;
}

Clusterability ClusterabilityTracker::Compute(RunContext& context) {
  applications_ = 0;
  if (columns_ == 0) return ComputeClusterability(graph_, options_, context);
  ReadWeights();
  const std::optional<Ritz> ritz = Find(context);
  if (!ritz) {
    applications_ = 0;
    subspace_.clear();
    return ComputeClusterability(graph_, options_, context);
  }
  subspace_.assign(ritz->vectors.data(), ritz->vectors.data() + ritz->vectors.size());
  return Finish(*ritz);
}

}  // namespace modlab
