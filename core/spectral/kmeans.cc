#include "core/spectral/kmeans.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>

#include "core/cpu_dispatch.h"
#include "core/error.h"
#include "core/random.h"

namespace modlab {
namespace {

using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Points whose distances are worked out together: they stay in the first-level cache, and it takes well under a
/// millisecond, so cancellation is checked between tiles.
constexpr int kTile = 256;
/// distances[i] = |point i - centre|^2 for `count` points, coordinate j of point i at points[i + j * stride].
MODLAB_CPU_DISPATCH
void SquaredDistances(const double* points, int64_t stride, int count, const double* centre, int dimensions,
                      double* distances) {
  std::fill_n(distances, count, 0.0);
  for (int j = 0; j < dimensions; ++j) {
    const double* coordinates = points + j * stride;
    const double coordinate = centre[j];
    for (int i = 0; i < count; ++i) {
      const double difference = coordinates[i] - coordinate;
      distances[i] += difference * difference;
    }
  }
}

/// Where distances[i] < nearest_distances[i], makes `cluster` the nearest of point i.
MODLAB_CPU_DISPATCH
void KeepNearer(const double* distances, int cluster, int count, double* nearest_distances, int* nearest) {
  for (int i = 0; i < count; ++i) {
    nearest[i] = distances[i] < nearest_distances[i] ? cluster : nearest[i];
    nearest_distances[i] = std::min(distances[i], nearest_distances[i]);
  }
}

/// The points, in both orders: distances run along points, means along coordinates.
struct Points {
  explicit Points(const Eigen::MatrixXd& points) : columns(points), rows(points) {}
  int count() const { return static_cast<int>(rows.rows()); }
  int dimensions() const { return static_cast<int>(rows.cols()); }

  const Eigen::MatrixXd& columns;
  const RowMajorMatrix rows;
};

/// One start of k-means.
class Restart {
 public:
  Restart(const Points& points, const KMeansOptions& options, int index, RunContext& context)
      : points_(points),
        options_(options),
        context_(context),
        random_(options.seed, index),
        centres_(options.clusters, points.dimensions()),
        labels_(points.count(), -1),
        distances_(points.count()) {}

  KMeansResult Run() {
    ChooseCentres();
    for (int iteration = 1; AssignPoints() && iteration < options_.max_iterations; ++iteration) MoveCentres();
    return {.labels = std::move(labels_), .inertia = std::accumulate(distances_.begin(), distances_.end(), 0.0)};
  }

 private:
  /// Greedy k-means++: each next centre is the best of a few points drawn with probability proportional to the squared
  /// distance to the nearest centre so far.
  void ChooseCentres() {
    const int candidates = 2 + static_cast<int>(std::log(options_.clusters));
    centres_.row(0) = points_.rows.row(random_.Index(points_.count()));
    std::ranges::fill(distances_, std::numeric_limits<double>::infinity());
    double potential = LowerDistances(centres_.row(0), distances_, distances_);
    std::vector<double> lowered(points_.count());
    std::vector<double> best(points_.count());
    for (int cluster = 1; cluster < options_.clusters; ++cluster) {
      double best_potential = std::numeric_limits<double>::infinity();
      for (int candidate = 0; candidate < candidates; ++candidate) {
        const int point = DrawByDistance(potential);
        const double candidate_potential = LowerDistances(points_.rows.row(point), distances_, lowered);
        if (candidate_potential >= best_potential) continue;
        best_potential = candidate_potential;
        best.swap(lowered);
        centres_.row(cluster) = points_.rows.row(point);
      }
      potential = best_potential;
      distances_.swap(best);
    }
  }

  /// after[i] = min(before[i], |point i - centre|^2); returns their sum.
  double LowerDistances(const Eigen::RowVectorXd& centre, const std::vector<double>& before,
                        std::vector<double>& after) {
    double sum = 0;
    std::array<double, kTile> tile;
    for (int first = 0; first < points_.count(); first += kTile) {
      context_.CheckCancelled();
      const int count = std::min(kTile, points_.count() - first);
      SquaredDistances(points_.columns.data() + first, points_.count(), count, centre.data(), points_.dimensions(),
                       tile.data());
      for (int i = 0; i < count; ++i) {
        after[first + i] = std::min(before[first + i], tile[i]);
        sum += after[first + i];
      }
    }
    return sum;
  }

  int DrawByDistance(double potential) {
    double left = random_.Uniform() * potential;
    for (int point = 0; point < points_.count(); ++point) {
      left -= distances_[point];
      if (left < 0) return point;
    }
    return random_.Index(points_.count());  // every point lies on a centre, or rounding
  }

  /// Gives every point to its nearest centre; whether any label changed.
  bool AssignPoints() {
    bool changed = false;
    std::array<double, kTile> distances;
    std::array<int, kTile> nearest{};
    for (int first = 0; first < points_.count(); first += kTile) {
      context_.CheckCancelled();
      const int count = std::min(kTile, points_.count() - first);
      std::fill_n(distances_.begin() + first, count, std::numeric_limits<double>::infinity());
      for (int cluster = 0; cluster < options_.clusters; ++cluster) {
        SquaredDistances(points_.columns.data() + first, points_.count(), count, centres_.row(cluster).data(),
                         points_.dimensions(), distances.data());
        KeepNearer(distances.data(), cluster, count, distances_.data() + first, nearest.data());
      }
      changed = changed || !std::equal(nearest.begin(), nearest.begin() + count, labels_.begin() + first);
      std::copy_n(nearest.begin(), count, labels_.begin() + first);
    }
    return changed;
  }

  /// Moves each centre to the mean of its points, an empty cluster's to the point farthest from its own centre.
  void MoveCentres() {
    RowMajorMatrix sums = RowMajorMatrix::Zero(centres_.rows(), centres_.cols());
    std::vector<int> sizes(options_.clusters, 0);
    for (int point = 0; point < points_.count(); ++point) {
      sums.row(labels_[point]) += points_.rows.row(point);
      ++sizes[labels_[point]];
    }
    for (int cluster = 0; cluster < options_.clusters; ++cluster) {
      if (sizes[cluster] > 0) {
        centres_.row(cluster) = sums.row(cluster) / sizes[cluster];
        continue;
      }
      const auto farthest = std::ranges::max_element(distances_);
      if (*farthest == 0) continue;  // fewer different points than clusters
      centres_.row(cluster) = points_.rows.row(farthest - distances_.begin());
      *farthest = 0;
    }
  }

  const Points& points_;
  const KMeansOptions& options_;
  RunContext& context_;
  Random random_;
  RowMajorMatrix centres_;
  std::vector<int> labels_;
  std::vector<double> distances_;  ///< Squared, to the nearest centre.
};

}  // namespace

KMeansResult KMeans(const Eigen::MatrixXd& points, const KMeansOptions& options, RunContext& context) {
  if (options.clusters < 1 || options.clusters > points.rows()) {
    throw Error(ErrorKind::kInvalidOption, "the number of clusters must be 1 to the number of points, " +
                                               std::to_string(points.rows()) + "; it is " +
                                               std::to_string(options.clusters) + ".");
  }
  if (options.restarts < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of restarts must be at least 1; it is " + std::to_string(options.restarts) + ".");
  }
  if (options.max_iterations < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of iterations must be at least 1; it is " + std::to_string(options.max_iterations) + ".");
  }
  context.Report("cluster", 0.0);
  const Points both_orders(points);
  std::mutex best_mutex;
  KMeansResult best;
  int best_restart = -1;
  int finished = 0;
  context.ParallelFor(options.restarts, [&](int restart) {
    KMeansResult result = Restart(both_orders, options, restart, context).Run();
    const std::scoped_lock lock(best_mutex);
    if (best_restart < 0 || std::pair(result.inertia, restart) < std::pair(best.inertia, best_restart)) {
      best = std::move(result);
      best_restart = restart;
    }
    context.Report("cluster", static_cast<double>(++finished) / options.restarts);
  });
  return best;
}

}  // namespace modlab
