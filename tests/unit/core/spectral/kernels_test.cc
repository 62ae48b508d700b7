// Kernels have versions for newer CPUs, which must give the same bits. Those of this machine's are compared with what
// every x86-64 CPU runs.
#include <gtest/gtest.h>

#include <tuple>
#include <utility>
#include <vector>

#include "core/random.h"
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

}  // namespace
}  // namespace modlab
