#include "core/spectral/kmeans_screening.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/cpu_dispatch.h"
#include "core/spectral/vector_registers.h"

namespace modlab {
namespace {

/// A rounding in single precision, relative to the result; what underflows is far below kTiny, as all coordinates lie
/// in -1 ... 1.
constexpr double kRounding = 0x1p-24;
constexpr float kTiny = 1e-30F;
/// Of a squared norm or a distance that has gone through a few roundings.
constexpr float kMargin = 0x1p-21F;

/// |c|^2 - 2 c x is off by less than this times |c|^2 + 2 |c| |x|: 2 roundings of a product's factors, and one each
/// of the products and the sums (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1).
constexpr double ScreeningError(int dimensions) { return (1.01 * dimensions + 16) * kRounding; }

/// Single-precision numbers of a block's points.
template <int Width>
struct SinglesBlock {
  using Floats = typename VectorRegister<Width>::Floats;
  static constexpr int kParts = kSinglesPoints / (2 * Width);

  Floats parts[kParts];

  MODLAB_INLINE void Load(const float* from) { std::memcpy(parts, from, sizeof parts); }
  MODLAB_INLINE void Fill(float value) {
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) parts[p] = Floats{} + value;
  }
};

/// Of a block's points; "low" is the least that |c|^2 - 2 c x can be.
template <int Width>
struct Nearest {
  using Floats = typename SinglesBlock<Width>::Floats;
  using Integers = typename VectorRegister<Width>::ShortIntegers;

  SinglesBlock<Width> low;
  SinglesBlock<Width> second_low;
  SinglesBlock<Width> norm;  ///< Of the nearest centre.
  Integers labels[SinglesBlock<Width>::kParts] = {};

  MODLAB_INLINE Nearest() {
    low.Fill(std::numeric_limits<float>::infinity());
    second_low.Fill(std::numeric_limits<float>::infinity());
    norm.Fill(0);
  }

  /// Takes in the centres from `cluster` on.
  template <int Centres>
  MODLAB_INLINE void TakeIn(const float* block, int dimensions, const float* centres, int cluster) {
    const ptrdiff_t stride = ScreeningStride(dimensions);
    const float* const first = centres + cluster * stride;
    SinglesBlock<Width> lows[Centres];
#pragma GCC unroll 4
    for (int c = 0; c < Centres; ++c) lows[c].Fill(first[c * stride + dimensions + 1]);
    for (ptrdiff_t j = 0; j <= dimensions; ++j) {
      SinglesBlock<Width> coordinates;
      coordinates.Load(block + j * kSinglesPoints);
#pragma GCC unroll 4
      for (int c = 0; c < Centres; ++c) {
        const float factor = first[c * stride + j];
#pragma GCC unroll 4
        for (int p = 0; p < SinglesBlock<Width>::kParts; ++p) lows[c].parts[p] += coordinates.parts[p] * factor;
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < Centres; ++c) {
      const Floats norms = Floats{} + first[c * stride + dimensions + 2];
#pragma GCC unroll 4
      for (int p = 0; p < SinglesBlock<Width>::kParts; ++p) {
        const Floats& here = lows[c].parts[p];
        const Floats before = low.parts[p];
        const Floats farther = here < before ? before : here;
        second_low.parts[p] = farther < second_low.parts[p] ? farther : second_low.parts[p];
        norm.parts[p] = here < before ? norms : norm.parts[p];
        labels[p] = here < before ? Integers{} + (cluster + c) : labels[p];
        low.parts[p] = here < before ? here : before;
      }
    }
  }
};

/// What the squared distances to the nearest centre and to the next nearest are at most and at least.
template <int Width>
MODLAB_INLINE void ScreenBlocks(const float* points, int blocks, int dimensions, const float* centres, int clusters,
                                int* labels, float* near_squares, float* far_squares) {
  using Floats = typename SinglesBlock<Width>::Floats;
  constexpr int at_once = Width == 2 ? 2 : 4;
  const float error = 2.25 * ScreeningError(dimensions);  // twice, as the lowest has been taken; and its own rounding
  for (int block = 0; block < blocks; ++block) {
    const float* coordinates = points + block * static_cast<ptrdiff_t>(dimensions + 1) * kSinglesPoints;
    Nearest<Width> nearest;
    int cluster = 0;
    for (; cluster + at_once <= clusters; cluster += at_once) {
      nearest.template TakeIn<at_once>(coordinates, dimensions, centres, cluster);
    }
    if (at_once > 2 && cluster + 2 <= clusters) {
      nearest.template TakeIn<2>(coordinates, dimensions, centres, cluster);
      cluster += 2;
    }
    if (cluster < clusters) nearest.template TakeIn<1>(coordinates, dimensions, centres, cluster);
    SinglesBlock<Width> norms;
    norms.Load(coordinates + static_cast<ptrdiff_t>(dimensions) * kSinglesPoints);
    SinglesBlock<Width> near;
    SinglesBlock<Width> far;
#pragma GCC unroll 4
    for (int p = 0; p < SinglesBlock<Width>::kParts; ++p) {
      const Floats& norm = norms.parts[p];
      const Floats& centre_norm = nearest.norm.parts[p];
      const Floats square = norm * norm;
      const Floats margin = square * kMargin;
      const Floats slack = error * centre_norm * (centre_norm + 2 * norm) + 4 * kTiny;
      near.parts[p] = (nearest.low.parts[p] + slack) + square + margin;
      far.parts[p] = nearest.second_low.parts[p] + square - margin;
      near.parts[p] = near.parts[p] > 0 ? near.parts[p] : Floats{};
      far.parts[p] = far.parts[p] > 0 ? far.parts[p] : Floats{};
    }
    const ptrdiff_t point = static_cast<ptrdiff_t>(block) * kSinglesPoints;
    std::memcpy(labels + point, nearest.labels, sizeof nearest.labels);
    std::memcpy(near_squares + point, near.parts, sizeof near.parts);
    std::memcpy(far_squares + point, far.parts, sizeof far.parts);
  }
}

#ifdef MODLAB_CPU_AVX2
MODLAB_CPU_AVX512
void ScreenSome(const float* points, int blocks, int dimensions, const float* centres, int clusters, int* labels,
                float* near_squares, float* far_squares) {
  ScreenBlocks<8>(points, blocks, dimensions, centres, clusters, labels, near_squares, far_squares);
}

MODLAB_CPU_AVX2
void ScreenSome(const float* points, int blocks, int dimensions, const float* centres, int clusters, int* labels,
                float* near_squares, float* far_squares) {
  ScreenBlocks<4>(points, blocks, dimensions, centres, clusters, labels, near_squares, far_squares);
}
#endif

MODLAB_CPU_BASELINE
void ScreenSome(const float* points, int blocks, int dimensions, const float* centres, int clusters, int* labels,
                float* near_squares, float* far_squares) {
  ScreenBlocks<2>(points, blocks, dimensions, centres, clusters, labels, near_squares, far_squares);
}

MODLAB_CPU_DISPATCH
void FindGapsOfSquares(const float* near_squares, const float* far_squares, int count, float* gaps) {
  for (int i = 0; i < count; ++i) {
    gaps[i] = std::sqrt(far_squares[i]) * (1 - kMargin) - std::sqrt(near_squares[i]) * (1 + kMargin);
  }
}

}  // namespace

void PackForScreening(const double* centres, int clusters, int dimensions, double scale, float* to) {
  const double error = ScreeningError(dimensions);
  for (int cluster = 0; cluster < clusters; ++cluster) {
    double square = 0;
    for (int j = 0; j < dimensions; ++j) {
      const double coordinate = centres[j] * scale;
      square += coordinate * coordinate;
      to[j] = static_cast<float>(-2 * coordinate);
    }
    const float norm = RoundedUp(std::sqrt(square));
    to[dimensions] = static_cast<float>(-2 * error * norm);
    to[dimensions + 1] = static_cast<float>(square * (1 - error)) - kTiny;
    to[dimensions + 2] = norm;
    centres += dimensions;
    to += ScreeningStride(dimensions);
  }
}

void ScreenNearest(const float* points, int blocks, int dimensions, const float* centres, int clusters, int* labels,
                   float* gaps) {
  constexpr int at_once = 16;
  std::array<float, at_once * kSinglesPoints> near_squares;
  std::array<float, at_once * kSinglesPoints> far_squares;
  for (int first = 0; first < blocks; first += at_once) {
    const int some = std::min(at_once, blocks - first);
    const ptrdiff_t point = static_cast<ptrdiff_t>(first) * kSinglesPoints;
    ScreenSome(points + point * (dimensions + 1), some, dimensions, centres, clusters, labels + point,
               near_squares.data(), far_squares.data());
    FindGapsOfSquares(near_squares.data(), far_squares.data(), some * kSinglesPoints, gaps + point);
  }
}

}  // namespace modlab
