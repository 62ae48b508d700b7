#include "core/spectral/kmeans_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "core/cpu_dispatch.h"

namespace modlab {
namespace {

/// Half a block's numbers; what the compiler has no registers for it splits up.
using Lanes = double __attribute__((vector_size(4 * sizeof(double))));
using Integers = int64_t __attribute__((vector_size(4 * sizeof(int64_t))));
static_assert(2 * sizeof(Lanes) == kBlockPoints * sizeof(double));

#define MODLAB_INLINE inline __attribute__((always_inline))

MODLAB_INLINE void Load(const double* from, Lanes& lanes) { std::memcpy(&lanes, from, sizeof(lanes)); }
MODLAB_INLINE void Store(const Lanes& lanes, double* to) { std::memcpy(to, &lanes, sizeof(lanes)); }

/// Squared distances of a block's points to a centre, in `low` and `high`.
MODLAB_INLINE void BlockDistances(const double* block, int dimensions, const double* centre, Lanes& low, Lanes& high) {
  low = high = Lanes{};
  for (int j = 0; j < dimensions; ++j) {
    Lanes low_difference;
    Lanes high_difference;
    Load(block + static_cast<ptrdiff_t>(j) * kBlockPoints, low_difference);
    Load(block + static_cast<ptrdiff_t>(j) * kBlockPoints + 4, high_difference);
    low_difference -= centre[j];
    high_difference -= centre[j];
    low += low_difference * low_difference;
    high += high_difference * high_difference;
  }
}

/// TakeInCentre for half a block.
MODLAB_INLINE void TakeIn(const Lanes& distances, int64_t cluster, Lanes& nearest, Lanes& second, Integers& labels) {
  const Integers nearer = distances < nearest;
  const Lanes farther = nearer ? nearest : distances;
  second = farther < second ? farther : second;
  nearest = distances < nearest ? distances : nearest;
  labels = nearer ? Integers{} + cluster : labels;
}

}  // namespace

MODLAB_CPU_DISPATCH
void DistancesToCandidate(const double* points, int blocks, int dimensions, const double* centre, const double* nearest,
                          double* distances, double* tile_sums) {
  for (int first = 0; first < blocks; first += kTileBlocks) {
    const int end = std::min(first + kTileBlocks, blocks);
    Lanes sum{};
    for (int block = first; block < end; ++block) {
      const ptrdiff_t point = static_cast<ptrdiff_t>(block) * kBlockPoints;
      Lanes low;
      Lanes high;
      BlockDistances(points + point * dimensions, dimensions, centre, low, high);
      Store(low, distances + point);
      Store(high, distances + point + 4);
      Lanes low_nearest;
      Lanes high_nearest;
      Load(nearest + point, low_nearest);
      Load(nearest + point + 4, high_nearest);
      sum += (low < low_nearest ? low : low_nearest) + (high < high_nearest ? high : high_nearest);
    }
    tile_sums[first / kTileBlocks] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

MODLAB_CPU_DISPATCH
void TakeInCentre(const double* distances, int count, int cluster, double* nearest, double* second, int* labels) {
  for (int i = 0; i < count; ++i) {
    const double distance = distances[i];
    const double before = nearest[i];
    const double farther = distance < before ? before : distance;
    labels[i] = distance < before ? cluster : labels[i];
    second[i] = farther < second[i] ? farther : second[i];
    nearest[i] = distance < before ? distance : before;
  }
}

MODLAB_CPU_DISPATCH
void FindNearestTwo(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                    double* nearest, double* second, int* labels) {
  for (int block = 0; block < blocks; ++block) {
    const ptrdiff_t point = static_cast<ptrdiff_t>(block) * kBlockPoints;
    Lanes low_nearest = Lanes{} + std::numeric_limits<double>::infinity();
    Lanes high_nearest = low_nearest;
    Lanes low_second = low_nearest;
    Lanes high_second = low_nearest;
    Integers low_labels{};
    Integers high_labels{};
    for (int cluster = 0; cluster < clusters; ++cluster) {
      Lanes low;
      Lanes high;
      BlockDistances(points + point * dimensions, dimensions, centres + static_cast<ptrdiff_t>(cluster) * dimensions,
                     low, high);
      TakeIn(low, cluster, low_nearest, low_second, low_labels);
      TakeIn(high, cluster, high_nearest, high_second, high_labels);
    }
    Store(low_nearest, nearest + point);
    Store(high_nearest, nearest + point + 4);
    Store(low_second, second + point);
    Store(high_second, second + point + 4);
    for (int i = 0; i < 4; ++i) {
      labels[point + i] = static_cast<int>(low_labels[i]);
      labels[point + 4 + i] = static_cast<int>(high_labels[i]);
    }
  }
}

MODLAB_CPU_DISPATCH
void FindGaps(const double* nearest, const double* second, int count, int dimensions, double* gaps) {
  // A squared distance is off by at most dimensions + 2 roundings of 2^-53; `tiny` is for what underflows.
  const double margin = (dimensions + 8) * 0x1p-51;
  const double tiny = 1e-150;
  for (int i = 0; i < count; ++i) {
    gaps[i] = std::sqrt(second[i]) * (1 - margin) - std::sqrt(nearest[i]) * (1 + margin) - tiny;
  }
}

}  // namespace modlab
