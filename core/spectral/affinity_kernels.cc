#include "core/spectral/affinity_kernels.h"

#include <cmath>
#include <cstring>

#include "core/cpu_dispatch.h"

#ifdef MODLAB_CPU_AVX2
#include <immintrin.h>
#endif

namespace modlab {
namespace {

using Lanes [[gnu::vector_size(4 * sizeof(double))]] = double;
using FloatLanes [[gnu::vector_size(4 * sizeof(float))]] = float;
using FloatBits [[gnu::vector_size(4 * sizeof(int32_t))]] = int32_t;
using DoubleBits [[gnu::vector_size(4 * sizeof(int64_t))]] = int64_t;
constexpr int kLanes = 4;

// By reference: a vector that is returned is passed in other ways with and without AVX.
[[gnu::always_inline]] inline void ReadAbsolute(const float* data, Lanes& lanes) {
  FloatBits bits;
  std::memcpy(&bits, data, sizeof bits);
  bits &= INT32_MAX;
  FloatLanes weights;
  std::memcpy(&weights, &bits, sizeof weights);
  lanes = __builtin_convertvector(weights, Lanes);
}

[[gnu::always_inline]] inline void ReadAbsolute(const double* data, Lanes& lanes) {
  DoubleBits bits;
  std::memcpy(&bits, data, sizeof bits);
  bits &= INT64_MAX;
  std::memcpy(&lanes, &bits, sizeof lanes);
}

template <int rows, bool to_rows, bool to_columns, typename Element>
[[gnu::always_inline]] inline void ApplyRows(const Tile<Element>& tile, const double* row_x, const double* column_x,
                                             double* row_sums, double* column_sums) {
  Lanes sums[rows] = {};
  int column = 0;
  for (; column + kLanes <= tile.columns; column += kLanes) {
    Lanes x;
    Lanes column_sum;
    if constexpr (to_rows) std::memcpy(&x, column_x + column, sizeof x);
    if constexpr (to_columns) std::memcpy(&column_sum, column_sums + column, sizeof column_sum);
    for (int row = 0; row < rows; ++row) {
      Lanes weights;
      ReadAbsolute(tile.data + row * tile.stride + column, weights);
      if constexpr (to_rows) sums[row] += weights * x;
      if constexpr (to_columns) column_sum += weights * row_x[row];
    }
    if constexpr (to_columns) std::memcpy(column_sums + column, &column_sum, sizeof column_sum);
  }
  for (int row = 0; row < rows; ++row) {
    double sum = (sums[row][0] + sums[row][1]) + (sums[row][2] + sums[row][3]);
    for (int rest = column; rest < tile.columns; ++rest) {
      const double weight = std::abs(static_cast<double>(tile.data[row * tile.stride + rest]));
      if constexpr (to_rows) sum += weight * column_x[rest];
      if constexpr (to_columns) column_sums[rest] += weight * row_x[row];
    }
    if constexpr (to_rows) row_sums[row] += sum;
  }
}

template <bool to_rows, bool to_columns, typename Element>
[[gnu::always_inline]] inline void ApplyAll(const Tile<Element>& tile, const double* row_x, const double* column_x,
                                            double* row_sums, double* column_sums) {
  if (tile.rows == kTileRows) {
    ApplyRows<kTileRows, to_rows, to_columns>(tile, row_x, column_x, row_sums, column_sums);
    return;
  }
  for (int row = 0; row < tile.rows; ++row) {
    const Tile<Element> single = {tile.data + row * tile.stride, tile.stride, 1, tile.columns};
    ApplyRows<1, to_rows, to_columns>(single, row_x + row, column_x, to_rows ? row_sums + row : nullptr, column_sums);
  }
}

template <typename Element>
[[gnu::always_inline]] inline void Apply(const Tile<Element>& tile, Directions directions, const double* row_x,
                                         const double* column_x, double* row_sums, double* column_sums) {
  if (directions.to_rows && directions.to_columns) {
    ApplyAll<true, true>(tile, row_x, column_x, row_sums, column_sums);
  } else if (directions.to_rows) {
    ApplyAll<true, false>(tile, row_x, column_x, row_sums, column_sums);
  } else if (directions.to_columns) {
    ApplyAll<false, true>(tile, row_x, column_x, row_sums, column_sums);
  }
}

#ifdef MODLAB_CPU_AVX2
/// ApplyRows of four rows, in the same order: what compilers make of the conversion there takes three times as many
/// instructions.
template <bool to_rows, bool to_columns>
MODLAB_CPU_AVX2 void ApplyFourRows(const Tile<float>& tile, const double* row_x, const double* column_x,
                                   double* row_sums, double* column_sums) {
  const __m128 magnitude = _mm_castsi128_ps(_mm_set1_epi32(INT32_MAX));
  __m256d sums[kTileRows];
  __m256d of_row[kTileRows];
  for (int row = 0; row < kTileRows; ++row) {
    sums[row] = _mm256_setzero_pd();
    of_row[row] = _mm256_set1_pd(row_x[row]);
  }
  const int whole = tile.columns / kLanes * kLanes;
  for (int column = 0; column < whole; column += kLanes) {
    const __m256d x = _mm256_loadu_pd(column_x + column);
    __m256d column_sum = _mm256_setzero_pd();
    if constexpr (to_columns) column_sum = _mm256_loadu_pd(column_sums + column);
    for (int row = 0; row < kTileRows; ++row) {
      const __m128 floats = _mm_and_ps(magnitude, _mm_loadu_ps(tile.data + row * tile.stride + column));
      const __m256d weights = _mm256_cvtps_pd(floats);
      if constexpr (to_rows) sums[row] = _mm256_add_pd(sums[row], _mm256_mul_pd(weights, x));
      if constexpr (to_columns) column_sum = _mm256_add_pd(column_sum, _mm256_mul_pd(weights, of_row[row]));
    }
    if constexpr (to_columns) _mm256_storeu_pd(column_sums + column, column_sum);
  }
  for (int row = 0; row < kTileRows; ++row) {
    double lanes[kLanes];
    _mm256_storeu_pd(lanes, sums[row]);
    double sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    for (int rest = whole; rest < tile.columns; ++rest) {
      const double weight = std::abs(static_cast<double>(tile.data[row * tile.stride + rest]));
      if constexpr (to_rows) sum += weight * column_x[rest];
      if constexpr (to_columns) column_sums[rest] += weight * row_x[row];
    }
    if constexpr (to_rows) row_sums[row] += sum;
  }
}

MODLAB_CPU_AVX2
void ApplyFloats(const Tile<float>& tile, Directions directions, const double* row_x, const double* column_x,
                 double* row_sums, double* column_sums) {
  if (tile.rows < kTileRows) {
    Apply(tile, directions, row_x, column_x, row_sums, column_sums);
  } else if (directions.to_rows && directions.to_columns) {
    ApplyFourRows<true, true>(tile, row_x, column_x, row_sums, column_sums);
  } else if (directions.to_rows) {
    ApplyFourRows<true, false>(tile, row_x, column_x, row_sums, column_sums);
  } else if (directions.to_columns) {
    ApplyFourRows<false, true>(tile, row_x, column_x, row_sums, column_sums);
  }
}
#endif

MODLAB_CPU_BASELINE
void ApplyFloats(const Tile<float>& tile, Directions directions, const double* row_x, const double* column_x,
                 double* row_sums, double* column_sums) {
  Apply(tile, directions, row_x, column_x, row_sums, column_sums);
}

// A name of its own: clones that are called from other files are resolved in another way.
MODLAB_CPU_DISPATCH
void ApplyDoubles(const Tile<double>& tile, Directions directions, const double* row_x, const double* column_x,
                  double* row_sums, double* column_sums) {
  Apply(tile, directions, row_x, column_x, row_sums, column_sums);
}

}  // namespace

void ApplyTile(const Tile<float>& tile, Directions directions, const double* row_x, const double* column_x,
               double* row_sums, double* column_sums) {
  ApplyFloats(tile, directions, row_x, column_x, row_sums, column_sums);
}

void ApplyTile(const Tile<double>& tile, Directions directions, const double* row_x, const double* column_x,
               double* row_sums, double* column_sums) {
  ApplyDoubles(tile, directions, row_x, column_x, row_sums, column_sums);
}

}  // namespace modlab
