// Kernels have versions for newer CPUs, which must give the same bits. Those of this machine's are compared with what
// every x86-64 CPU runs.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/run_context.h"
#include "core/spectral/kmeans_points.h"
#include "tests/unit/core/spectral/baseline_kernels.h"

namespace modlab {
namespace {

AlignedDoubles RandomNumbers(size_t count, uint64_t seed) {
  Random random(seed);
  AlignedDoubles numbers(count);
  for (double& number : numbers) number = random.Uniform() - 0.3;
  return numbers;
}

TEST(Kernels, PanelProductsHaveTheSameBitsOnEveryCpu) {
  for (const int rows : {0, 1, 2, 7, 64, 257}) {
    const AlignedDoubles left = RandomNumbers(static_cast<size_t>(rows) * kPanelColumns, 1);
    const AlignedDoubles right = RandomNumbers(static_cast<size_t>(rows) * kPanelColumns, 2);
    AlignedDoubles square = RandomNumbers(kPanelColumns * kPanelColumns, 3);
    AlignedDoubles expected = square;
    AddPanelProduct(left.data(), right.data(), rows, square.data());
    BaselineAddPanelProduct(left.data(), right.data(), rows, expected.data());
    EXPECT_EQ(square, expected) << rows;
  }
}

TEST(Kernels, SymmetricProductsHaveTheSameBitsOnEveryCpu) {
  for (int rows = 1; rows < 40; ++rows) {
    const int stride = rows + 3;
    const AlignedDoubles columns = RandomNumbers(static_cast<size_t>(stride) * kGramColumns, 1);
    const AlignedDoubles x = RandomNumbers(rows + kGramColumns, 2);
    AlignedDoubles y = RandomNumbers(rows + kGramColumns, 3);
    AlignedDoubles expected = y;
    AddSymmetricProduct(columns.data(), stride, rows, x.data(), x.data() + rows, y.data(), y.data() + rows);
    BaselineAddSymmetricProduct(columns.data(), stride, rows, x.data(), x.data() + rows, expected.data(),
                                expected.data() + rows);
    EXPECT_EQ(y, expected) << rows;
  }
}

TEST(Kernels, DistancesOfKMeansHaveTheSameBitsOnEveryCpu) {
  const int blocks = 2 * kTileBlocks + 3;
  const size_t padded = static_cast<size_t>(blocks) * kBlockPoints;
  const size_t tiles = (blocks + kTileBlocks - 1) / kTileBlocks;
  for (const int dimensions : {1, 2, 7, 12}) {
    const AlignedDoubles points = RandomNumbers(padded * dimensions, 4);
    AlignedDoubles nearest = RandomNumbers(padded, 5);
    for (double& distance : nearest) distance *= distance;
    for (int count = 1; count < 10; ++count) {
      const AlignedDoubles centres = RandomNumbers(static_cast<size_t>(count) * dimensions, 6);
      const auto distances = [&](const auto& find) {
        AlignedDoubles found(count * (padded + tiles));
        find(points.data(), blocks, dimensions, centres.data(), count, nearest.data(),
             CandidateDistances{found.data(), static_cast<ptrdiff_t>(padded), found.data() + count * padded,
                                static_cast<ptrdiff_t>(tiles)});
        return found;
      };
      EXPECT_EQ(distances(DistancesToCandidates), distances(BaselineDistancesToCandidates)) << count;

      const auto two = [&](const auto& find) {
        AlignedDoubles found(2 * padded);
        std::vector<int> labels(padded);
        find(points.data(), blocks, dimensions, centres.data(), count, found.data(), found.data() + padded,
             labels.data());
        return std::pair(found, labels);
      };
      EXPECT_EQ(two(FindNearestTwo), two(BaselineFindNearestTwo)) << count;
    }
  }
}

TEST(Kernels, BoundsOfKMeansHaveTheSameBitsOnEveryCpu) {
  const int count = 101;
  const AlignedDoubles distances = RandomNumbers(count, 7);
  const auto take_in = [&](const auto& take) {
    AlignedDoubles nearest = RandomNumbers(count, 8);
    AlignedDoubles second = RandomNumbers(count, 9);
    std::vector<int> labels(count, 1);
    take(distances.data(), count, 2, nearest.data(), second.data(), labels.data());
    return std::tuple(nearest, second, labels);
  };
  EXPECT_EQ(take_in(TakeInCentre), take_in(BaselineTakeInCentre));

  AlignedDoubles squares = distances;
  for (double& square : squares) square *= square;
  AlignedDoubles gaps(count);
  AlignedDoubles expected(count);
  FindGaps(squares.data(), squares.data() + 1, count - 1, 7, gaps.data());
  BaselineFindGaps(squares.data(), squares.data() + 1, count - 1, 7, expected.data());
  EXPECT_EQ(gaps, expected);
}

/// Points in single precision say which centre is nearest only where double precision says so, too, and by how much.
TEST(Kernels, ScreeningIsSureOnlyOfWhatIsSo) {
  const int count = 200;
  const int clusters = 9;
  RunContext context;
  for (const int dimensions : {1, 2, 7, 12, 100}) {
    for (const double difference : {1.0, 1e-3, 1e-6, 1e-8, 0.0}) {  // of one half of the centres from the other
      SCOPED_TRACE(std::to_string(dimensions) + " dimensions, " + std::to_string(difference));
      Random random(dimensions);
      const Eigen::MatrixXd places =
          Eigen::MatrixXd::NullaryExpr(count, dimensions, [&] { return 40 * random.Uniform() - 10; });
      const KMeansPoints points(places, context);
      AlignedDoubles centres(static_cast<size_t>(clusters) * dimensions);
      for (size_t i = 0; i < centres.size(); ++i) {
        const size_t first = static_cast<size_t>(clusters + 1) / 2 * dimensions;
        centres[i] = i < first ? 40 * random.Uniform() - 10 : centres[i - first] + difference * random.Uniform();
      }
      const size_t padded = static_cast<size_t>(points.singles_blocks()) * kSinglesPoints;
      AlignedDoubles nearest(padded);
      AlignedDoubles second(padded);
      std::vector<int> labels(padded);
      FindNearestTwo(points.block(0), points.blocks(), dimensions, centres.data(), clusters, nearest.data(),
                     second.data(), labels.data());
      const auto screen = [&](const auto& pack, const auto& find) {
        std::vector<float> packed(static_cast<size_t>(clusters) * ScreeningStride(dimensions));
        pack(centres.data(), clusters, dimensions, points.scale(), packed.data());
        std::vector<int> found(padded);
        std::vector<float> gaps(padded);
        find(points.singles(0), points.singles_blocks(), dimensions, packed.data(), clusters, found.data(),
             gaps.data());
        int sure = 0;
        for (int i = 0; i < count; ++i) {
          const double gap = (std::sqrt(second[i]) - std::sqrt(nearest[i])) * points.scale();
          EXPECT_LE(gaps[i], gap + 1e-15);
          EXPECT_GE(gaps[i], gap - 2e-3 * std::sqrt(dimensions)) << "says too little";
          if (gaps[i] <= 0) continue;
          EXPECT_EQ(found[i], labels[i]);
          ++sure;
        }
        return sure;
      };
      const int sure = screen(PackForScreening, ScreenNearest);
      const int baseline_sure = screen(BaselinePackForScreening, BaselineScreenNearest);
      if (difference == 1) {
        EXPECT_GT(sure, 0.95 * count);
        EXPECT_GT(baseline_sure, 0.95 * count);
      }
      if (difference == 0) {  // nearest centres are there twice, but for one
        EXPECT_LT(sure, 0.5 * count);
      }
    }
  }
}

}  // namespace
}  // namespace modlab
