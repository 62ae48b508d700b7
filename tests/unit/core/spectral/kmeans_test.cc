#include "core/spectral/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <string>
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

/// k-means as one writes it down: every distance of every iteration, sums from scratch, points one after the other.
class PlainKMeans {
 public:
  PlainKMeans(const Eigen::MatrixXd& points, const KMeansOptions& options) : points_(points), options_(options) {
    for (int restart = 0; restart < options.restarts; ++restart) Run(restart);
  }

  const KMeansResult& result() const { return best_; }
  /// Clusters that lost all their points and took one from another.
  int refilled() const { return refilled_; }

 private:
  double Distance(int point, const Eigen::RowVectorXd& place) const {
    double squared = 0;
    for (Eigen::Index j = 0; j < points_.cols(); ++j) squared += std::pow(points_(point, j) - place(j), 2);
    return squared;
  }

  void Run(int restart) {
    ChooseCentres(restart);
    labels_.assign(points_.rows(), -1);
    for (int iteration = 1; Assign() && iteration < options_.max_iterations; ++iteration) MoveCentres();
    const double inertia = std::accumulate(distances_.begin(), distances_.end(), 0.0);
    if (restart == 0 || inertia < best_.inertia) best_ = {.labels = labels_, .inertia = inertia};
  }

  void ChooseCentres(int restart) {
    const int count = static_cast<int>(points_.rows());
    Random random(options_.seed, restart);
    centres_.resize(options_.clusters, points_.cols());
    centres_.row(0) = points_.row(random.Index(count));
    distances_.resize(count);
    for (int point = 0; point < count; ++point) distances_[point] = Distance(point, centres_.row(0));
    for (int cluster = 1; cluster < options_.clusters; ++cluster) {
      const double potential = std::accumulate(distances_.begin(), distances_.end(), 0.0);
      double lowest = std::numeric_limits<double>::infinity();
      std::vector<double> best;
      for (int candidate = 0; candidate < 2 + static_cast<int>(std::log(options_.clusters)); ++candidate) {
        double left = random.Uniform() * potential;
        int drawn = 0;
        while (drawn < count && left >= distances_[drawn]) left -= distances_[drawn++];
        if (potential == 0) drawn = random.Index(count);
        std::vector<double> after(count);
        for (int point = 0; point < count; ++point) {
          after[point] = std::min(distances_[point], Distance(point, points_.row(drawn)));
        }
        const double sum = std::accumulate(after.begin(), after.end(), 0.0);
        if (sum >= lowest) continue;
        lowest = sum;
        best = after;
        centres_.row(cluster) = points_.row(drawn);
      }
      distances_ = best;
    }
  }

  bool Assign() {
    bool changed = false;
    for (int point = 0; point < points_.rows(); ++point) {
      int nearest = 0;
      for (int cluster = 1; cluster < options_.clusters; ++cluster) {
        if (Distance(point, centres_.row(cluster)) < Distance(point, centres_.row(nearest))) nearest = cluster;
      }
      changed = changed || nearest != labels_[point];
      labels_[point] = nearest;
      distances_[point] = Distance(point, centres_.row(nearest));
    }
    return changed;
  }

  void MoveCentres() {
    for (int cluster = 0; cluster < options_.clusters; ++cluster) {
      Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(points_.cols());
      int size = 0;
      for (int point = 0; point < points_.rows(); ++point) {
        if (labels_[point] != cluster) continue;
        sum += points_.row(point);
        ++size;
      }
      if (size > 0) {
        centres_.row(cluster) = sum / size;
        continue;
      }
      const auto farthest = std::ranges::max_element(distances_);
      if (*farthest == 0) continue;
      centres_.row(cluster) = points_.row(farthest - distances_.begin());
      *farthest = 0;
      ++refilled_;
    }
  }

  const Eigen::MatrixXd& points_;
  const KMeansOptions options_;
  Eigen::MatrixXd centres_;
  std::vector<int> labels_;
  std::vector<double> distances_;
  KMeansResult best_;
  int refilled_ = 0;
};

Eigen::MatrixXd RandomPoints(int count, int dimensions, Random& random) {
  return Eigen::MatrixXd::NullaryExpr(count, dimensions, [&] { return random.Uniform(); });
}

/// Points of a grid, many of them at the same place and many as far from one place as from another. All sums are exact.
Eigen::MatrixXd GridPoints(int count, int dimensions, int side, Random& random) {
  return Eigen::MatrixXd::NullaryExpr(count, dimensions, [&] { return random.Index(side); });
}

struct Expectation {
  std::string name;
  std::function<Eigen::MatrixXd(Random&)> points;
  int clusters;
  int max_iterations = 300;
};

TEST(KMeans, IsPlainLloydsOnManyPointSets) {
  const std::vector<Expectation> expectations{
      {"uniform", [](Random& random) { return RandomPoints(300, 5, random); }, 7},
      {"more points than a tile", [](Random& random) { return RandomPoints(777, 3, random); }, 5},
      {"blobs", [](Random& random) { return Blobs(6, 40, 4, 4, random.Index(1000)); }, 6},
      {"fewer clusters than blobs", [](Random& random) { return Blobs(9, 30, 4, 1, random.Index(1000)); }, 4},
      {"more clusters than blobs", [](Random& random) { return Blobs(3, 50, 4, 1, random.Index(1000)); }, 11},
      {"one dimension", [](Random& random) { return RandomPoints(200, 1, random); }, 6},
      {"more dimensions than points", [](Random& random) { return RandomPoints(20, 33, random); }, 3},
      {"one cluster", [](Random& random) { return RandomPoints(100, 3, random); }, 1},
      {"one point", [](Random& random) { return RandomPoints(1, 3, random); }, 1},
      {"a cluster for each point", [](Random& random) { return RandomPoints(25, 3, random); }, 25},
      {"grid", [](Random& random) { return GridPoints(200, 2, 6, random); }, 8},
      {"grid far away",
       [](Random& random) -> Eigen::MatrixXd { return GridPoints(200, 3, 4, random).array() + 0x1p30; }, 8},
      {"coarse line", [](Random& random) { return GridPoints(150, 1, 12, random); }, 10},
      {"hardly more places than clusters", [](Random& random) { return GridPoints(100, 1, 9, random); }, 8},
      {"fewer places than clusters", [](Random& random) { return GridPoints(60, 1, 4, random); }, 7},
      {"one place", [](Random& /*random*/) -> Eigen::MatrixXd { return Eigen::MatrixXd::Constant(30, 3, 0.1); }, 4},
      {"far points",
       [](Random& random) {
         Eigen::MatrixXd points = RandomPoints(150, 2, random);
         points.topRows(3) *= 1e3;
         return points;
       },
       9},
      {"wide and narrow coordinates",
       [](Random& random) {
         Eigen::MatrixXd points = RandomPoints(150, 3, random);
         points.col(1) *= 1e-9;
         points.col(2) *= 1e-3;
         return points;
       },
       6},
      {"tiny", [](Random& random) -> Eigen::MatrixXd { return RandomPoints(150, 3, random) * 1e-60; }, 6},
      {"huge", [](Random& random) -> Eigen::MatrixXd { return RandomPoints(150, 3, random) * 1e60; }, 6},
      {"a grid but for what single precision can see",
       [](Random& random) -> Eigen::MatrixXd {
         return GridPoints(200, 2, 6, random) + 1e-9 * RandomPoints(200, 2, random);
       },
       8},
      {"one assignment only", [](Random& random) { return RandomPoints(100, 3, random); }, 5, 1},
      {"cut off", [](Random& random) { return RandomPoints(400, 3, random); }, 9, 4},
  };
  int refilled = 0;
  for (const Expectation& expectation : expectations) {
    for (uint32_t seed = 0; seed < 12; ++seed) {
      SCOPED_TRACE(expectation.name + ", seed " + std::to_string(seed));
      Random random(seed);
      const Eigen::MatrixXd points = expectation.points(random);
      const KMeansOptions options{.clusters = expectation.clusters,
                                  .restarts = 1 + static_cast<int>(seed % 3),
                                  .seed = seed,
                                  .max_iterations = expectation.max_iterations};
      const PlainKMeans plain(points, options);
      refilled += plain.refilled();
      for (const int threads : {1, 2}) {
        RunContext context(threads);
        const KMeansResult result = KMeans(points, options, context);
        EXPECT_EQ(test::Canonical(result.labels), test::Canonical(plain.result().labels));
        EXPECT_NEAR(result.inertia, plain.result().inertia, 1e-12 * plain.result().inertia + 1e-30);
      }
    }
  }
  EXPECT_GT(refilled, 0);  // the case has been met
}

TEST(KMeans, EndsWhereNoPointHasANearerCentreThoughRoundingMatters) {
  for (uint32_t seed = 0; seed < 10; ++seed) {
    Random random(seed);
    const Eigen::MatrixXd points = RandomPoints(300, 3, random).array() + 1e8;  // neighbours are 1.5e-8 apart
    RunContext context;
    const KMeansResult result = KMeans(points, {.clusters = 6, .restarts = 2, .seed = seed}, context);
    EXPECT_NEAR(result.inertia, Inertia(points.array() - 1e8, result.labels, 6), 1e-5);
    Eigen::MatrixXd means = Eigen::MatrixXd::Zero(6, 3);
    Eigen::VectorXd sizes = Eigen::VectorXd::Zero(6);
    for (int point = 0; point < 300; ++point) {
      means.row(result.labels[point]) += (points.row(point).array() - 1e8).matrix();
      ++sizes(result.labels[point]);
    }
    means.array().colwise() /= sizes.array();
    for (int point = 0; point < 300; ++point) {
      const Eigen::RowVectorXd place = points.row(point).array() - 1e8;
      const Eigen::VectorXd distances = (means.rowwise() - place).rowwise().norm();
      EXPECT_LE(distances(result.labels[point]), distances.minCoeff() + 1e-6);
    }
  }
}

TEST(KMeans, LeavesOutACoordinateThatIsConstantUpToRounding) {
  Random random(5);
  Eigen::MatrixXd points = RandomPoints(200, 4, random);
  points.col(1).setConstant(0.1);
  for (int point = 0; point < 200; point += 3) points(point, 1) = std::nextafter(0.1, 1);
  const Eigen::MatrixXd others = points(Eigen::all, std::vector<int>{0, 2, 3});
  const KMeansOptions options{.clusters = 5, .restarts = 4};
  RunContext context;
  const KMeansResult with = KMeans(points, options, context);
  const KMeansResult without = KMeans(others, options, context);
  EXPECT_EQ(with.labels, without.labels);
  EXPECT_EQ(with.inertia, without.inertia);
}

TEST(KMeans, TakesTheFirstColumnsOfAMatrix) {
  Random random(6);
  const Eigen::MatrixXd points = RandomPoints(100, 6, random);
  const Eigen::MatrixXd copy = points.leftCols(3);
  RunContext context;
  EXPECT_EQ(KMeans(points.leftCols(3), {.clusters = 4}, context).labels, KMeans(copy, {.clusters = 4}, context).labels);
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

TEST(KMeans, IsCancelledQuicklyWithManyPoints) {
  const Eigen::MatrixXd points = Blobs(25, 4000, 16, 15, 1);
  RunContext context(2);
  std::chrono::steady_clock::time_point cancelled;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    cancelled = std::chrono::steady_clock::now();
    context.Cancel();
  });
  EXPECT_THROW(KMeans(points, {.clusters = 16, .restarts = 10000}, context), Cancelled);
  canceller.join();
  // 200 ms are promised; a busy machine may need longer to wake a thread.
  EXPECT_LT(std::chrono::steady_clock::now() - cancelled, std::chrono::seconds(1));
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
