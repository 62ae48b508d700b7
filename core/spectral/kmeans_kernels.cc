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

/// Squared distances of a block's points to `Centres` centres that lie one after the other, in `low` and `high`.
template <int Centres>
MODLAB_INLINE void BlockDistances(const double* block, int dimensions, const double* centres, Lanes (&low)[Centres],
                                  Lanes (&high)[Centres]) {
#pragma GCC unroll 4
  for (int c = 0; c < Centres; ++c) low[c] = high[c] = Lanes{};
  for (ptrdiff_t j = 0; j < dimensions; ++j) {
    Lanes low_coordinates;
    Lanes high_coordinates;
    Load(block + j * kBlockPoints, low_coordinates);
    Load(block + j * kBlockPoints + 4, high_coordinates);
#pragma GCC unroll 4
    for (int c = 0; c < Centres; ++c) {
      const double coordinate = centres[c * static_cast<ptrdiff_t>(dimensions) + j];
      const Lanes low_difference = low_coordinates - coordinate;
      const Lanes high_difference = high_coordinates - coordinate;
      low[c] += low_difference * low_difference;
      high[c] += high_difference * high_difference;
    }
  }
}

/// DistancesToCandidates for as many candidates as can be worked out at once.
template <int Candidates>
MODLAB_INLINE void DistancesToSome(const double* points, int blocks, int dimensions, const double* centres,
                                   const double* nearest, CandidateDistances to) {
  for (int first = 0; first < blocks; first += kTileBlocks) {
    const int end = std::min(first + kTileBlocks, blocks);
    Lanes sums[Candidates] = {};
    for (int block = first; block < end; ++block) {
      const ptrdiff_t point = static_cast<ptrdiff_t>(block) * kBlockPoints;
      Lanes low[Candidates];
      Lanes high[Candidates];
      BlockDistances<Candidates>(points + point * dimensions, dimensions, centres, low, high);
      Lanes low_nearest;
      Lanes high_nearest;
      Load(nearest + point, low_nearest);
      Load(nearest + point + 4, high_nearest);
#pragma GCC unroll 4
      for (int c = 0; c < Candidates; ++c) {
        Store(low[c], to.distances + c * to.distances_stride + point);
        Store(high[c], to.distances + c * to.distances_stride + point + 4);
        sums[c] += (low[c] < low_nearest ? low[c] : low_nearest) + (high[c] < high_nearest ? high[c] : high_nearest);
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < Candidates; ++c) {
      to.tile_sums[c * to.tile_sums_stride + first / kTileBlocks] =
          (sums[c][0] + sums[c][1]) + (sums[c][2] + sums[c][3]);
    }
  }
}

/// Of the points of half a block.
struct NearestTwo {
  Lanes nearest = Lanes{} + std::numeric_limits<double>::infinity();
  Lanes second = nearest;
  Integers labels{};

  MODLAB_INLINE void TakeIn(const Lanes& distances, int64_t cluster) {
    const Lanes farther = distances < nearest ? nearest : distances;
    second = farther < second ? farther : second;
    labels = distances < nearest ? Integers{} + cluster : labels;
    nearest = distances < nearest ? distances : nearest;
  }
};

/// Takes the centres from `cluster` on, as many as can be worked out at once, into both halves of a block.
template <int Centres>
MODLAB_INLINE void TakeInSome(const double* block, int dimensions, const double* centres, int cluster, NearestTwo& low,
                              NearestTwo& high) {
  Lanes low_distances[Centres];
  Lanes high_distances[Centres];
  BlockDistances<Centres>(block, dimensions, centres + static_cast<ptrdiff_t>(cluster) * dimensions, low_distances,
                          high_distances);
#pragma GCC unroll 4
  for (int c = 0; c < Centres; ++c) {
    low.TakeIn(low_distances[c], cluster + c);
    high.TakeIn(high_distances[c], cluster + c);
  }
}

}  // namespace

MODLAB_CPU_DISPATCH
void DistancesToCandidates(const double* points, int blocks, int dimensions, const double* candidates, int count,
                           const double* nearest, CandidateDistances to) {
  int candidate = 0;
  for (; candidate + 2 <= count; candidate += 2) {
    DistancesToSome<2>(points, blocks, dimensions, candidates, nearest, to);
    candidates += static_cast<ptrdiff_t>(2) * dimensions;
    to.distances += 2 * to.distances_stride;
    to.tile_sums += 2 * to.tile_sums_stride;
  }
  if (candidate < count) DistancesToSome<1>(points, blocks, dimensions, candidates, nearest, to);
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
    NearestTwo low;
    NearestTwo high;
    const double* coordinates = points + point * dimensions;
    int cluster = 0;
    for (; cluster + 2 <= clusters; cluster += 2) {
      TakeInSome<2>(coordinates, dimensions, centres, cluster, low, high);
    }
    if (cluster < clusters) TakeInSome<1>(coordinates, dimensions, centres, cluster, low, high);
    Store(low.nearest, nearest + point);
    Store(high.nearest, nearest + point + 4);
    Store(low.second, second + point);
    Store(high.second, second + point + 4);
    for (int i = 0; i < 4; ++i) {
      labels[point + i] = static_cast<int>(low.labels[i]);
      labels[point + 4 + i] = static_cast<int>(high.labels[i]);
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
