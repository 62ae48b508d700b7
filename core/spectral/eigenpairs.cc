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
/// Enough for a first look at what is left, several times faster.
constexpr double kRoughTolerance = 1e-5;
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

int KrylovDimension(int count) { return 3 * count + 40; }

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
Eigenpairs RunLanczos(DeflatedOperator op, int count, double tolerance, uint64_t seed) {
  const Eigen::Index size = op.rows();
  Spectra::SymEigsSolver<DeflatedOperator> solver(op, count, KrylovDimension(count));
  Random random(seed);
  const Eigen::VectorXd start = Eigen::VectorXd::NullaryExpr(size, [&] { return random.Uniform() - 0.5; });
  solver.init(start.data());
  solver.compute(Spectra::SortRule::LargestAlge, kMaxRestarts, tolerance, Spectra::SortRule::LargestAlge);
  if (solver.info() != Spectra::CompInfo::Successful) {
    throw Error(ErrorKind::kNotConverged,
                "the eigenvectors of the network's Laplacian could not be found: " + std::to_string(kMaxRestarts) +
                    " restarts of Lanczos found " + std::to_string(solver.eigenvalues().size()) + " of " +
                    std::to_string(count) + ". Ask for another number of clusters: eigenvalues that lie close " +
                    "together around the last one asked for make this hard.");
  }
  return {.values = solver.eigenvalues().array() - 1, .vectors = solver.eigenvectors()};
}

/// The largest eigenpair of what is left, if its eigenvalue is above `bound`: none in `vectors` otherwise.
Eigenpairs FindAbove(double bound, const DeflatedOperator& op, uint64_t seed) {
  const double rough = RunLanczos(op, 1, kRoughTolerance, seed).values[0];
  if (rough + 2 * kRoughTolerance < bound) return {};  // the shifted eigenvalue is at most 2
  Eigenpairs largest = RunLanczos(op, 1, kTolerance, seed);
  if (largest.values[0] <= bound + kSameEigenvalue) return {};
  return largest;
}

/// Puts an eigenpair in its place and drops the last one.
void Insert(const Eigenpairs& pair, Eigenpairs& pairs) {
  const Eigen::Index index = (pairs.values.array() >= pair.values[0]).count();
  const Eigen::Index moved = pairs.values.size() - 1 - index;
  pairs.values.tail(moved) = pairs.values.segment(index, moved).eval();
  pairs.vectors.rightCols(moved) = pairs.vectors.middleCols(index, moved).eval();
  pairs.values[index] = pair.values[0];
  pairs.vectors.col(index) = pair.vectors.col(0);
}

}  // namespace

Eigenpairs LargestEigenpairs(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, int count,
                             RunContext& context) {
  if (count == 0) return {.values = Eigen::VectorXd(0), .vectors = Eigen::MatrixXd(adjacency.size(), 0)};
  if (adjacency.size() <= kDenseSize || 3 * KrylovDimension(count) > adjacency.size()) {
    return SolveDensely(DeflatedOperator(adjacency, known, context), count);
  }

  Eigenpairs found = RunLanczos(DeflatedOperator(adjacency, known, context), count, kTolerance, 0);
  for (uint64_t seed = 1;; ++seed) {  // until no missed copy is left
    Eigen::MatrixXd all_known(adjacency.size(), known.cols() + count);
    all_known << known, found.vectors;
    const Eigenpairs missed = FindAbove(found.values[count - 1], DeflatedOperator(adjacency, all_known, context), seed);
    if (missed.vectors.cols() == 0) return found;
    Insert(missed, found);
  }
}

}  // namespace modlab
