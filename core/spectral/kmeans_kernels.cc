#include "core/spectral/kmeans_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "core/cpu_dispatch.h"
#include "core/spectral/vector_registers.h"

namespace modlab {
namespace {

/// Numbers of a block's points.
template <int Width>
struct Block {
  using Doubles = typename VectorRegister<Width>::Doubles;
  using Integers = typename VectorRegister<Width>::Integers;
  static constexpr int kParts = kBlockPoints / Width;

  Doubles parts[kParts];

  MODLAB_INLINE void Load(const double* from) {
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) std::memcpy(&parts[p], from + p * Width, sizeof(Doubles));
  }
  MODLAB_INLINE void Store(double* to) const {
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) std::memcpy(to + p * Width, &parts[p], sizeof(Doubles));
  }
  MODLAB_INLINE void Fill(double value) {
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) parts[p] = Doubles{} + value;
  }
};

/// Centres for whose distances there are registers.
template <int Width>
constexpr int kCentresAtOnce = Width == 8 ? 4 : 2;

/// Squared distances of a block's points to `Centres` centres that lie one after the other.
template <int Width, int Centres>
MODLAB_INLINE void BlockDistances(const double* block, int dimensions, const double* centres,
                                  Block<Width> (&distances)[Centres]) {
#pragma GCC unroll 4
  for (int c = 0; c < Centres; ++c) distances[c].Fill(0);
  for (ptrdiff_t j = 0; j < dimensions; ++j) {
    Block<Width> coordinates;
    coordinates.Load(block + j * kBlockPoints);
#pragma GCC unroll 4
    for (int c = 0; c < Centres; ++c) {
      const double coordinate = centres[c * static_cast<ptrdiff_t>(dimensions) + j];
#pragma GCC unroll 4
      for (int p = 0; p < Block<Width>::kParts; ++p) {
        const typename Block<Width>::Doubles difference = coordinates.parts[p] - coordinate;
        distances[c].parts[p] += difference * difference;
      }
    }
  }
}

/// DistancesToCandidates for as many candidates as there are registers for at once.
template <int Width, int Candidates>
MODLAB_INLINE void DistancesToSome(const double* points, int blocks, int dimensions, const double* candidates,
                                   const double* nearest, const CandidateDistances& to) {
  using Narrow = Block<Width == 8 ? 4 : Width>;
  constexpr int half = Narrow::kParts / 2;
  for (int first = 0; first < blocks; first += kTileBlocks) {
    const int end = std::min(first + kTileBlocks, blocks);
    typename Narrow::Doubles sums[Candidates][half] = {};  // of points 0 and 4, 1 and 5, ..., whatever the width
    for (int block = first; block < end; ++block) {
      const ptrdiff_t point = static_cast<ptrdiff_t>(block) * kBlockPoints;
      Block<Width> distances[Candidates];
      BlockDistances(points + point * dimensions, dimensions, candidates, distances);
      Block<Width> before;
      before.Load(nearest + point);
#pragma GCC unroll 4
      for (int c = 0; c < Candidates; ++c) {
        distances[c].Store(to.distances + c * to.distances_stride + point);
#pragma GCC unroll 4
        for (int p = 0; p < Block<Width>::kParts; ++p) {
          const typename Block<Width>::Doubles& distance = distances[c].parts[p];
          distances[c].parts[p] = distance < before.parts[p] ? distance : before.parts[p];
        }
        Narrow least;
        std::memcpy(&least, &distances[c], sizeof(least));
#pragma GCC unroll 4
        for (int p = 0; p < half; ++p) sums[c][p] += least.parts[p] + least.parts[p + half];
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < Candidates; ++c) {
      std::array<double, kBlockPoints / 2> sum;
      std::memcpy(sum.data(), sums[c], sizeof(sum));
      to.tile_sums[c * to.tile_sums_stride + first / kTileBlocks] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
  }
}

template <int Width>
MODLAB_INLINE void DistancesToAll(const double* points, int blocks, int dimensions, const double* candidates, int count,
                                  const double* nearest, CandidateDistances to) {
  constexpr int at_once = kCentresAtOnce<Width>;
  int candidate = 0;
  for (; candidate + at_once <= count; candidate += at_once) {
    DistancesToSome<Width, at_once>(points, blocks, dimensions, candidates, nearest, to);
    candidates += static_cast<ptrdiff_t>(at_once) * dimensions;
    to.distances += at_once * to.distances_stride;
    to.tile_sums += at_once * to.tile_sums_stride;
  }
  if (at_once > 2 && candidate + 2 <= count) {
    DistancesToSome<Width, 2>(points, blocks, dimensions, candidates, nearest, to);
    candidates += static_cast<ptrdiff_t>(2) * dimensions;
    to.distances += 2 * to.distances_stride;
    to.tile_sums += 2 * to.tile_sums_stride;
    candidate += 2;
  }
  if (candidate < count) DistancesToSome<Width, 1>(points, blocks, dimensions, candidates, nearest, to);
}

/// Of a block's points.
template <int Width>
struct NearestTwo {
  Block<Width> nearest;
  Block<Width> second;
  typename Block<Width>::Integers labels[Block<Width>::kParts] = {};

  MODLAB_INLINE NearestTwo() {
    nearest.Fill(std::numeric_limits<double>::infinity());
    second.Fill(std::numeric_limits<double>::infinity());
  }

  /// Takes in the centres from `cluster` on, as many as there are registers for at once.
  template <int Centres>
  MODLAB_INLINE void TakeIn(const double* block, int dimensions, const double* centres, int cluster) {
    Block<Width> distances[Centres];
    BlockDistances(block, dimensions, centres + static_cast<ptrdiff_t>(cluster) * dimensions, distances);
#pragma GCC unroll 4
    for (int c = 0; c < Centres; ++c) {
#pragma GCC unroll 4
      for (int p = 0; p < Block<Width>::kParts; ++p) {
        const typename Block<Width>::Doubles& distance = distances[c].parts[p];
        const typename Block<Width>::Doubles before = nearest.parts[p];
        const typename Block<Width>::Doubles farther = distance < before ? before : distance;
        second.parts[p] = farther < second.parts[p] ? farther : second.parts[p];
        nearest.parts[p] = distance < before ? distance : before;
        labels[p] = distance < before ? typename Block<Width>::Integers{} + (cluster + c) : labels[p];
      }
    }
  }
};

template <int Width>
MODLAB_INLINE void FindNearestTwoOfBlocks(const double* points, int blocks, int dimensions, const double* centres,
                                          int clusters, double* nearest, double* second, int* labels) {
  constexpr int at_once = kCentresAtOnce<Width>;
  for (int block = 0; block < blocks; ++block) {
    const ptrdiff_t point = static_cast<ptrdiff_t>(block) * kBlockPoints;
    const double* coordinates = points + point * dimensions;
    NearestTwo<Width> two;
    int cluster = 0;
    for (; cluster + at_once <= clusters; cluster += at_once) {
      two.template TakeIn<at_once>(coordinates, dimensions, centres, cluster);
    }
    if (at_once > 2 && cluster + 2 <= clusters) {
      two.template TakeIn<2>(coordinates, dimensions, centres, cluster);
      cluster += 2;
    }
    if (cluster < clusters) two.template TakeIn<1>(coordinates, dimensions, centres, cluster);
    two.nearest.Store(nearest + point);
    two.second.Store(second + point);
    std::array<int64_t, kBlockPoints> wide_labels;
    std::memcpy(wide_labels.data(), two.labels, sizeof(wide_labels));
    for (int i = 0; i < kBlockPoints; ++i) labels[point + i] = static_cast<int>(wide_labels[i]);
  }
}

#ifdef MODLAB_CPU_AVX2
MODLAB_CPU_AVX512
void DistancesToAll(const double* points, int blocks, int dimensions, const double* candidates, int count,
                    const double* nearest, const CandidateDistances& to) {
  DistancesToAll<8>(points, blocks, dimensions, candidates, count, nearest, to);
}

MODLAB_CPU_AVX512
void FindNearestTwoOfBlocks(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                            double* nearest, double* second, int* labels) {
  FindNearestTwoOfBlocks<8>(points, blocks, dimensions, centres, clusters, nearest, second, labels);
}

MODLAB_CPU_AVX2
void DistancesToAll(const double* points, int blocks, int dimensions, const double* candidates, int count,
                    const double* nearest, const CandidateDistances& to) {
  DistancesToAll<4>(points, blocks, dimensions, candidates, count, nearest, to);
}

MODLAB_CPU_AVX2
void FindNearestTwoOfBlocks(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                            double* nearest, double* second, int* labels) {
  FindNearestTwoOfBlocks<4>(points, blocks, dimensions, centres, clusters, nearest, second, labels);
}
#endif

MODLAB_CPU_BASELINE
void DistancesToAll(const double* points, int blocks, int dimensions, const double* candidates, int count,
                    const double* nearest, const CandidateDistances& to) {
  DistancesToAll<2>(points, blocks, dimensions, candidates, count, nearest, to);
}

MODLAB_CPU_BASELINE
void FindNearestTwoOfBlocks(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                            double* nearest, double* second, int* labels) {
  FindNearestTwoOfBlocks<2>(points, blocks, dimensions, centres, clusters, nearest, second, labels);
}

}  // namespace

void DistancesToCandidates(const double* points, int blocks, int dimensions, const double* candidates, int count,
                           const double* nearest, const CandidateDistances& to) {
  DistancesToAll(points, blocks, dimensions, candidates, count, nearest, to);
}

void FindNearestTwo(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                    double* nearest, double* second, int* labels) {
  FindNearestTwoOfBlocks(points, blocks, dimensions, centres, clusters, nearest, second, labels);
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
void FindGaps(const double* nearest, const double* second, int count, int dimensions, double* gaps) {
  // A squared distance is off by at most dimensions + 2 roundings of 2^-53; `tiny` is for what underflows.
  const double margin = (dimensions + 8) * 0x1p-51;
  const double tiny = 1e-150;
  for (int i = 0; i < count; ++i) {
    gaps[i] = std::sqrt(second[i]) * (1 - margin) - std::sqrt(nearest[i]) * (1 + margin) - tiny;
  }
}

}  // namespace modlab
