#include "core/spectral/kmeans.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "core/spectral/kmeans_points.h"
#include "core/spectral/kmeans_restart.h"

namespace modlab {
namespace {

void CheckKMeansOptions(const KMeansOptions& options, Eigen::Index points) {
  if (options.clusters < 1 || options.clusters > points) {
    throw Error(ErrorKind::kInvalidOption, "the number of clusters must be 1 to the number of points, " +
                                               std::to_string(points) + "; it is " + std::to_string(options.clusters) +
                                               ".");
  }
  if (options.restarts < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of restarts must be at least 1; it is " + std::to_string(options.restarts) + ".");
  }
  if (options.max_iterations < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of iterations must be at least 1; it is " + std::to_string(options.max_iterations) + ".");
  }
}

}  // namespace

KMeansResult KMeans(const Eigen::Ref<const Eigen::MatrixXd>& points, const KMeansOptions& options,
                    RunContext& context) {
  CheckKMeansOptions(options, points.rows());
  context.Report("cluster", 0.0);
  const KMeansPoints blocks(points, context);
  std::mutex best_mutex;
  KMeansResult best;
  int best_restart = -1;
  int finished = 0;
  std::atomic<int> next_restart{0};
  context.ParallelFor(std::min(context.threads(), options.restarts), [&](int /*worker*/) {
    KMeansRestart restart(blocks, options.clusters, options.max_iterations, context);
    for (int index = next_restart++; index < options.restarts; index = next_restart++) {
      const double inertia = restart.Run(Random(options.seed, index));
      const std::scoped_lock lock(best_mutex);
      if (best_restart < 0 || std::pair(inertia, index) < std::pair(best.inertia, best_restart)) {
        best = {.labels = restart.labels(), .inertia = inertia};
        best_restart = index;
      }
      context.Report("cluster", static_cast<double>(++finished) / options.restarts);
    }
  });
  return best;
}

}  // namespace modlab
