#include "core/spectral/eigenpairs.h"

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/random.h"

namespace modlab {
namespace {

constexpr int kDenseSize = 500;
/// Columns that the dense matrix is read in.
constexpr int kDenseColumns = 64;
/// Relative to the shifted eigenvalue, which is 1 to 2 for all that are asked for in practice.
constexpr double kTolerance = 1e-12;
constexpr int kMaxRestarts = 1000;
/// Two eigenvalues that differ by less are equal as far as Lanczos can tell.
constexpr double kSameEigenvalue = 1e-10;

/// N + I - 3 K K^T for orthonormal eigenvectors K of N. N's eigenvalues, within [-1, 1], become 0 to 2, those of K at
/// most -1: beyond the other end of the spectrum. The shift makes the solver's relative tolerance an absolute one.
class DeflatedOperator {
 public:
  using Scalar = double;

  DeflatedOperator(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, RunContext& context)
      : adjacency_(adjacency), known_(known), context_(context) {}

  Eigen::Index rows() const { return adjacency_.size(); }
  Eigen::Index cols() const { return adjacency_.size(); }

  Eigen::MatrixXd Apply(const Eigen::Ref<const Eigen::MatrixXd>& x) const {
    context_.Report("embed");
    Eigen::MatrixXd y = adjacency_.Apply(x) + x;
    if (known_.cols() > 0) y.noalias() -= known_ * (3 * (known_.transpose() * x));
    return y;
  }

  void perform_op(const double* x, double* y) const {  // NOLINT(readability-identifier-naming): Spectra's name
    Eigen::Map<Eigen::VectorXd>(y, rows()) = Apply(Eigen::Map<const Eigen::VectorXd>(x, rows()));
  }

 private:
  const NormalizedAdjacency& adjacency_;
  const Eigen::MatrixXd& known_;
  RunContext& context_;
};

int KrylovDimension(int count) { return std::max(2 * count + 20, 40); }

Eigenpairs SolveDensely(const DeflatedOperator& op, int count) {
  const Eigen::Index size = op.rows();
  Eigen::MatrixXd dense(size, size);
  for (Eigen::Index first = 0; first < size; first += kDenseColumns) {
    const Eigen::Index columns = std::min<Eigen::Index>(kDenseColumns, size - first);
    Eigen::MatrixXd unit_vectors = Eigen::MatrixXd::Zero(size, columns);
    unit_vectors.middleRows(first, columns).setIdentity();
    dense.middleCols(first, columns) = op.Apply(unit_vectors);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(dense);
  return {.values = solver.eigenvalues().tail(count).reverse().array() - 1,
          .vectors = solver.eigenvectors().rightCols(count).rowwise().reverse()};
}

/// One run of Lanczos. A run from a single start vector may miss copies of a multiple eigenvalue.
Eigenpairs RunLanczos(DeflatedOperator op, int count, uint64_t seed) {
  const Eigen::Index size = op.rows();
  Spectra::SymEigsSolver<DeflatedOperator> solver(op, count, KrylovDimension(count));
  Random random(seed);
  const Eigen::VectorXd start = Eigen::VectorXd::NullaryExpr(size, [&] { return random.Uniform() - 0.5; });
  solver.init(start.data());
  solver.compute(Spectra::SortRule::LargestAlge, kMaxRestarts, kTolerance, Spectra::SortRule::LargestAlge);
  if (solver.info() != Spectra::CompInfo::Successful) {
    throw Error(ErrorKind::kNotConverged,
                "the eigenvectors of the network's Laplacian could not be found: " + std::to_string(kMaxRestarts) +
                    " restarts of Lanczos found " + std::to_string(solver.eigenvalues().size()) + " of " +
                    std::to_string(count) + ". Ask for another number of clusters: eigenvalues that lie close " +
                    "together around the last one asked for make this hard.");
  }
  return {.values = solver.eigenvalues().array() - 1, .vectors = solver.eigenvectors()};
}

}  // namespace

Eigenpairs LargestEigenpairs(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, int count,
                             RunContext& context) {
  if (count == 0) return {.values = Eigen::VectorXd(0), .vectors = Eigen::MatrixXd(adjacency.size(), 0)};
  if (adjacency.size() <= kDenseSize || 3 * KrylovDimension(count) > adjacency.size()) {
    return SolveDensely(DeflatedOperator(adjacency, known, context), count);
  }

  Eigenpairs found = RunLanczos(DeflatedOperator(adjacency, known, context), count, 0);
  // Look for missed copies: the largest eigenvalue of what is left must not be above the last one found.
  for (uint64_t run = 1;; ++run) {
    Eigen::MatrixXd all_known(adjacency.size(), known.cols() + found.vectors.cols());
    all_known << known, found.vectors;
    if (all_known.cols() == adjacency.size()) return found;
    const Eigenpairs next = RunLanczos(DeflatedOperator(adjacency, all_known, context), 1, run);
    if (next.values[0] <= found.values[count - 1] + kSameEigenvalue) return found;
    const double* place = std::upper_bound(found.values.data(), found.values.data() + count, next.values[0],
                                           [](double value, double other) { return value > other; });
    const Eigen::Index index = place - found.values.data();
    const Eigen::Index moved = count - 1 - index;
    found.values.tail(moved) = found.values.segment(index, moved).eval();
    found.vectors.rightCols(moved) = found.vectors.middleCols(index, moved).eval();
    found.values[index] = next.values[0];
    found.vectors.col(index) = next.vectors.col(0);
  }
}

}  // namespace modlab
