#include "core/spectral/kmeans.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

/// `per_cluster` points around each of `clusters` far-apart centres, point i near centre i mod clusters.
Eigen::MatrixXd Blobs(int clusters, int per_cluster, int dimensions, double spread, uint64_t seed) {
  Random random(seed);
  const Eigen::MatrixXd centres =
      Eigen::MatrixXd::NullaryExpr(clusters, dimensions, [&] { return 20 * random.Uniform() - 10; });
  return Eigen::MatrixXd::NullaryExpr(clusters * per_cluster, dimensions, [&](Eigen::Index row, Eigen::Index column) {
    return centres(row % clusters, column) + spread * (2 * random.Uniform() - 1);
  });
}

/// Sum of squared distances of points to their clusters' means.
double Inertia(const Eigen::MatrixXd& points, const std::vector<int>& labels, int clusters) {
  double inertia = 0;
  for (int cluster = 0; cluster < clusters; ++cluster) {
    std::vector<int> members;
    for (size_t point = 0; point < labels.size(); ++point) {
      if (labels[point] == cluster) members.push_back(static_cast<int>(point));
    }
    if (members.empty()) continue;
    const Eigen::MatrixXd rows = points(members, Eigen::all);
    inertia += (rows.rowwise() - rows.colwise().mean()).squaredNorm();
  }
  return inertia;
}

/// The lowest inertia of all partitions of the points into at most `clusters` parts.
double LowestInertia(const Eigen::MatrixXd& points, int clusters) {
  std::vector<int> labels(points.rows(), 0);
  double lowest = Inertia(points, labels, clusters);
  for (;;) {
    size_t digit = 0;
    while (digit < labels.size() && ++labels[digit] == clusters) labels[digit++] = 0;
    if (digit == labels.size()) return lowest;
    lowest = std::min(lowest, Inertia(points, labels, clusters));
  }
}

TEST(KMeans, FindsSeparateClusters) {
  const Eigen::MatrixXd points = Blobs(7, 90, 5, 0.3, 1);
  RunContext context(2);
  const KMeansResult result = KMeans(points, {.clusters = 7, .restarts = 10, .seed = 3}, context);
  EXPECT_EQ(test::Canonical(result.labels), test::CyclicLabels(7 * 90, 7));
  EXPECT_NEAR(result.inertia, Inertia(points, result.labels, 7), 1e-9);
}

TEST(KMeans, ReachesTheOptimumOfSmallProblems) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Random random(seed);
    const Eigen::MatrixXd points = Eigen::MatrixXd::NullaryExpr(9, 2, [&] { return random.Uniform(); });
    RunContext context;
    const KMeansResult result = KMeans(points, {.clusters = 3, .restarts = 50}, context);
    EXPECT_NEAR(result.inertia, LowestInertia(points, 3), 1e-12) << seed;
  }
}

TEST(KMeans, GivesTheSameBitsForAnyNumberOfThreads) {
  const Eigen::MatrixXd points = Blobs(4, 150, 6, 8, 2);  // overlapping, so that restarts end differently
  RunContext one;
  const KMeansOptions options{.clusters = 6, .restarts = 20, .seed = 11};
  const KMeansResult expected = KMeans(points, options, one);
  for (const int threads : {1, 2, 3}) {
    RunContext context(threads);
    const KMeansResult result = KMeans(points, options, context);
    EXPECT_EQ(result.labels, expected.labels) << threads;
    EXPECT_EQ(result.inertia, expected.inertia) << threads;
  }
}

TEST(KMeans, SeedsDrawDifferently) {
  const Eigen::MatrixXd points = Blobs(4, 150, 6, 8, 2);
  RunContext context;
  std::set<double> inertias;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    inertias.insert(KMeans(points, {.clusters = 6, .restarts = 1, .seed = seed}, context).inertia);
  }
  EXPECT_GT(inertias.size(), 1U);
}

TEST(KMeans, MoreRestartsAreNeverWorse) {
  const Eigen::MatrixXd points = Blobs(4, 150, 6, 8, 2);
  RunContext context;
  double last = std::numeric_limits<double>::infinity();
  for (const int restarts : {1, 2, 5, 20}) {
    const double inertia = KMeans(points, {.clusters = 6, .restarts = restarts, .seed = 1}, context).inertia;
    EXPECT_LE(inertia, last);
    last = inertia;
  }
}

TEST(KMeans, HasAsManyClustersAsThereArePointsToFillThem) {
  RunContext context;
  const Eigen::MatrixXd points = Blobs(12, 1, 2, 0, 4);
  const KMeansResult each = KMeans(points, {.clusters = 12, .restarts = 3}, context);
  EXPECT_EQ(std::set<int>(each.labels.begin(), each.labels.end()).size(), 12U);
  EXPECT_EQ(each.inertia, 0);

  const Eigen::MatrixXd same = Eigen::MatrixXd::Ones(10, 3);  // one place only
  const KMeansResult one = KMeans(same, {.clusters = 4, .restarts = 3}, context);
  EXPECT_EQ(std::set<int>(one.labels.begin(), one.labels.end()).size(), 1U);
  EXPECT_EQ(one.inertia, 0);
}

TEST(KMeans, RefusesOptionsThatMakeNoSense) {
  const Eigen::MatrixXd points = Blobs(3, 2, 2, 0.1, 1);
  RunContext context;
  for (const KMeansOptions& options :
       {KMeansOptions{.clusters = 0}, KMeansOptions{.clusters = 7}, KMeansOptions{.clusters = 2, .restarts = 0},
        KMeansOptions{.clusters = 2, .max_iterations = 0}}) {
    try {
      KMeans(points, options, context);
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
    }
  }
}

TEST(KMeans, LeavesWhenCancelledInTheMiddle) {
  const Eigen::MatrixXd points = Blobs(40, 500, 20, 10, 1);
  RunContext context(2);
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    context.Cancel();
  });
  EXPECT_THROW(KMeans(points, {.clusters = 40, .restarts = 1000000}, context), Cancelled);
}

TEST(KMeans, ReportsProgress) {
  std::vector<double> fractions;
  RunContext context(2, [&](std::string_view phase, std::optional<double> fraction) {
    EXPECT_EQ(phase, "cluster");
    fractions.push_back(fraction.value_or(-1));
  });
  KMeans(Blobs(3, 20, 2, 0.1, 1), {.clusters = 3, .restarts = 20}, context);
  ASSERT_FALSE(fractions.empty());
  EXPECT_TRUE(std::ranges::is_sorted(fractions));
  EXPECT_GE(fractions.front(), 0);
  EXPECT_LE(fractions.back(), 1);
}

}  // namespace
}  // namespace modlab
