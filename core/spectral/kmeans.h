#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "core/run_context.h"

namespace modlab {

struct KMeansOptions {
  int clusters = 8;
  int restarts = 100;
  uint32_t seed = 0;
  int max_iterations = 300;
};

struct KMeansResult {
  /// Per row, 0 ... clusters - 1.
  std::vector<int> labels;
  double inertia = 0;
};

/// k-means of the rows of `points` ([n][d]): greedy k-means++ starts (Arthur & Vassilvitskii 2007), Lloyd's iterations
/// until no label changes, an empty cluster taking the point farthest from its centre; the restart of lowest inertia
/// wins, the earliest of equal ones. Labels are those of plain Lloyd's iterations; most distances are never worked out
/// (kmeans_restart.h). Restart i draws from a generator seeded by (seed, i), so the result is the same to the bit for
/// any number of threads. Restarts run in parallel. At most O(restarts * iterations * n * d * clusters) time;
/// O(n * d + threads * n * log(clusters)) memory. Reports phase `cluster`; notices cancellation within a few hundred
/// points' distances. Errors: kInvalidOption (clusters below 1 or over n, restarts or iterations below 1).
KMeansResult KMeans(const Eigen::Ref<const Eigen::MatrixXd>& points, const KMeansOptions& options, RunContext& context);

}  // namespace modlab
