#include "core/spectral/eigenpairs.h"

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "core/spectral/gram_matrix.h"

namespace modlab {
namespace {

constexpr int kDenseSize = 500;
/// Of half a layered network, where Lanczos has less to do.
constexpr int kDenseHalf = 100;
/// Columns that the dense matrix is read in.
constexpr int kDenseColumns = 64;
/// Relative to the operator's eigenvalue. Lanczos restarts after many steps, so that it mostly reaches far less.
constexpr double kTolerance = 1e-10;
constexpr int kMaxRestarts = 1000;
/// Enough for a look at what is left: what Lanczos takes for the largest eigenvalue is never above it.
constexpr double kRoughTolerance = 1e-2;
constexpr int kRoughDimension = 20;
/// Two eigenvalues that differ by less, relative to them, are equal as far as Lanczos can tell.
constexpr double kSameEigenvalue = 1e-10;
/// Singular values below it would lose too many digits of the vectors of the other side.
constexpr double kLeastSingularValue = 1e-3;

/// N + I - 3 K K^T for orthonormal eigenvectors K of N. N's eigenvalues, within [-1, 1], become 0 to 2, those of K at
/// most -1: beyond the other end of the spectrum. The shift makes the solver's relative tolerance an absolute one.
class WholeOperator {
 public:
  using Scalar = double;

  WholeOperator(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, RunContext& context)
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

/// B^T B - 2 K K^T of a layered network, N = [0 B; B^T 0], on the smaller side; K are eigenvectors of N there, of
/// norm 1. Its eigenvalues are the squares of N's positive ones, so Lanczos does not find each of them twice, and its
/// vectors are short. K's become at most -1.
class HalfOperator {
 public:
  using Scalar = double;

  /// `gram`: B^T B, if it is to be applied itself.
  HalfOperator(const NormalizedAdjacency& adjacency, const std::vector<int>& side,
               const std::optional<Eigen::MatrixXd>& gram, const Eigen::MatrixXd& known, RunContext& context)
      : adjacency_(adjacency), side_(side), gram_(gram), known_(known), context_(context) {}

  Eigen::Index rows() const { return static_cast<Eigen::Index>(side_.size()); }
  Eigen::Index cols() const { return rows(); }

  Eigen::MatrixXd Apply(const Eigen::Ref<const Eigen::MatrixXd>& x) const {
    context_.Report("embed");
    Eigen::MatrixXd y = ApplySquare(x);
    if (known_.cols() > 0) y.noalias() -= known_ * (2 * (known_.transpose() * x));
    return y;
  }

  void perform_op(const double* x, double* y) const {  // NOLINT(readability-identifier-naming): Spectra's name
    Eigen::Map<Eigen::VectorXd>(y, rows()) = Apply(Eigen::Map<const Eigen::VectorXd>(x, rows()));
  }

 private:
  Eigen::MatrixXd ApplySquare(const Eigen::Ref<const Eigen::MatrixXd>& x) const {
    if (gram_) {
      Eigen::MatrixXd y(x.rows(), x.cols());
      for (Eigen::Index column = 0; column < x.cols(); ++column) {
        ApplyGram(*gram_, x.col(column).data(), y.col(column).data());
      }
      return y;
    }
    Eigen::MatrixXd whole = Eigen::MatrixXd::Zero(adjacency_.size(), x.cols());
    whole(side_, Eigen::all) = x;
    return adjacency_.Apply(adjacency_.Apply(whole))(side_, Eigen::all);
  }

  const NormalizedAdjacency& adjacency_;
  const std::vector<int>& side_;
  const std::optional<Eigen::MatrixXd>& gram_;
  const Eigen::MatrixXd& known_;
  RunContext& context_;
};

// Below, eigenvalues are the operator's own.

int KrylovDimension(int count) { return 3 * count + 40; }
/// Where applying the operator takes no longer than a step of Lanczos does otherwise.
int SmallKrylovDimension(int count) { return 2 * count + 24; }

template <typename Operator>
Eigenpairs SolveDensely(const Operator& op, int count) {
  const Eigen::Index size = op.rows();
  Eigen::MatrixXd dense(size, size);
  for (Eigen::Index first = 0; first < size; first += kDenseColumns) {
    const Eigen::Index columns = std::min<Eigen::Index>(kDenseColumns, size - first);
    Eigen::MatrixXd unit_vectors = Eigen::MatrixXd::Zero(size, columns);
    unit_vectors.middleRows(first, columns).setIdentity();
    dense.middleCols(first, columns) = op.Apply(unit_vectors);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(dense);
  return {.values = solver.eigenvalues().tail(count).reverse(),
          .vectors = solver.eigenvectors().rightCols(count).rowwise().reverse()};
}

/// One run of Lanczos. A run from a single start vector may miss copies of a multiple eigenvalue.
template <typename Operator>
Eigenpairs RunLanczos(Operator op, int count, int krylov_dimension, double tolerance, uint64_t seed) {
  const Eigen::Index size = op.rows();
  Spectra::SymEigsSolver<Operator> solver(op, count, std::min<Eigen::Index>(krylov_dimension, size));
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
  return {.values = solver.eigenvalues(), .vectors = solver.eigenvectors()};
}

/// The largest eigenpair of what is left, if its eigenvalue is above `bound`: none in `vectors` otherwise.
template <typename Operator>
Eigenpairs FindAbove(double bound, const Operator& op, uint64_t seed) {
  if (RunLanczos(op, 1, kRoughDimension, kRoughTolerance, seed).values[0] <= bound) return {};
  Eigenpairs largest = RunLanczos(op, 1, KrylovDimension(1), kTolerance, seed);
  if (largest.values[0] <= bound * (1 + kSameEigenvalue)) return {};
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

/// The largest `count` eigenpairs of an operator that `make` makes of what is known.
template <typename Make>
Eigenpairs Find(const Make& make, const Eigen::MatrixXd& known, int count, int krylov_dimension) {
  Eigenpairs found = RunLanczos(make(known), count, krylov_dimension, kTolerance, 0);
  for (uint64_t seed = 1;; ++seed) {  // until no missed copy is left
    if (found.vectors.rows() - known.cols() - count < 1) return found;
    Eigen::MatrixXd all_known(found.vectors.rows(), known.cols() + count);
    all_known << known, found.vectors;
    const Eigenpairs missed = FindAbove(found.values[count - 1], make(all_known), seed);
    if (missed.vectors.cols() == 0) return found;
    Insert(missed, found);
  }
}

/// The rows of the side that has fewer.
std::vector<int> SmallerSide(const std::vector<char>& sides) {
  std::vector<int> rows[2];
  for (size_t row = 0; row < sides.size(); ++row) rows[sides[row] != 0 ? 1 : 0].push_back(static_cast<int>(row));
  return rows[0].size() <= rows[1].size() ? rows[0] : rows[1];
}

/// By the singular triplets of B; nullopt where these do not do: too few, or some too small.
std::optional<Eigenpairs> FindByHalf(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, int count,
                                     RunContext& context) {
  const std::vector<int> side = SmallerSide(*adjacency.sides());
  const int size = static_cast<int>(side.size());
  if (count + known.cols() > size) return std::nullopt;
  // Of the known eigenvectors, those of eigenvalue 1, either side has half the norm.
  const Eigen::MatrixXd known_half = std::sqrt(2.0) * known(side, Eigen::all);
  const bool is_small = size <= kDenseHalf || 2 * KrylovDimension(count) > size;
  // Lanczos mostly restarts two or three times.
  const auto gram = is_small ? std::nullopt : adjacency.Gram(side, 2 * KrylovDimension(count));
  const auto make = [&](const Eigen::MatrixXd& all_known) {
    return HalfOperator(adjacency, side, gram, all_known, context);
  };
  const int krylov_dimension = gram ? SmallKrylovDimension(count) : KrylovDimension(count);
  Eigenpairs half = is_small ? SolveDensely(make(known_half), count) : Find(make, known_half, count, krylov_dimension);
  if (half.values[count - 1] < kLeastSingularValue * kLeastSingularValue) return std::nullopt;

  Eigenpairs pairs;
  pairs.values = half.values.cwiseSqrt();
  pairs.vectors.setZero(adjacency.size(), count);
  pairs.vectors(side, Eigen::all) = half.vectors;
  pairs.vectors += adjacency.Apply(pairs.vectors) * pairs.values.cwiseInverse().asDiagonal();
  pairs.vectors.colwise().normalize();
  return pairs;
}

}  // namespace

Eigenpairs LargestEigenpairs(const NormalizedAdjacency& adjacency, const Eigen::MatrixXd& known, int count,
                             RunContext& context) {
  if (count == 0) return {.values = Eigen::VectorXd(0), .vectors = Eigen::MatrixXd(adjacency.size(), 0)};
  const bool is_small = adjacency.size() <= kDenseSize || 3 * KrylovDimension(count) > adjacency.size();
  if (adjacency.sides() && adjacency.size() > kDenseHalf) {
    if (auto pairs = FindByHalf(adjacency, known, count, context)) return *std::move(pairs);
  }
  const auto make = [&](const Eigen::MatrixXd& all_known) { return WholeOperator(adjacency, all_known, context); };
  Eigenpairs pairs = is_small ? SolveDensely(make(known), count) : Find(make, known, count, KrylovDimension(count));
  pairs.values.array() -= 1;  // the shift
  return pairs;
}

}  // namespace modlab
