#include "core/spectral/gram_kernels.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "core/cpu_dispatch.h"
#include "core/spectral/vector_registers.h"

namespace modlab {
namespace {

/// Of `Count` columns of the left panel from `first` on: as many as there are registers for their sums.
template <int Width, int Count>
MODLAB_INLINE void AddProductOfSome(const double* left, const double* right, int rows, int first, double* square) {
  using Doubles = typename VectorRegister<Width>::Doubles;
  constexpr int parts = kPanelColumns / Width;
  Doubles sums[Count][parts];
  std::memcpy(sums, square + first * kPanelColumns, sizeof sums);
  for (ptrdiff_t row = 0; row < rows; ++row) {
    Doubles of_row[parts];
    std::memcpy(of_row, right + row * kPanelColumns, sizeof of_row);
    const double* const factors = left + row * kPanelColumns + first;
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) {
#pragma GCC unroll 4
      for (int part = 0; part < parts; ++part) sums[i][part] += factors[i] * of_row[part];
    }
  }
  std::memcpy(square + first * kPanelColumns, sums, sizeof sums);
}

template <int Width, int Count>
MODLAB_INLINE void AddProduct(const double* left, const double* right, int rows, double* square) {
#pragma GCC unroll 4
  for (int first = 0; first < kPanelColumns; first += Count) {
    AddProductOfSome<Width, Count>(left, right, rows, first, square);
  }
}

/// Entries that are worked on together, whatever the width: sums have as many terms, and one order.
constexpr int kLanes = 8;

template <int Width>
MODLAB_INLINE void AddSymmetric(const double* columns, ptrdiff_t stride, int rows, const double* x_rows,
                                const double* x_columns, double* y_rows, double* y_columns) {
  using Doubles = typename VectorRegister<Width>::Doubles;
  constexpr int parts = kLanes / Width;
  Doubles sums[kGramColumns][parts] = {};
  const int whole = rows / kLanes * kLanes;
  for (ptrdiff_t row = 0; row < whole; row += kLanes) {
#pragma GCC unroll 4
    for (int part = 0; part < parts; ++part) {
      const ptrdiff_t at = row + part * Width;
      Doubles x;
      Doubles y;
      std::memcpy(&x, x_rows + at, sizeof x);
      std::memcpy(&y, y_rows + at, sizeof y);
#pragma GCC unroll 4
      for (int column = 0; column < kGramColumns; ++column) {
        Doubles entries;
        std::memcpy(&entries, columns + column * stride + at, sizeof entries);
        sums[column][part] += entries * x;
        y += entries * x_columns[column];
      }
      std::memcpy(y_rows + at, &y, sizeof y);
    }
  }
  for (int column = 0; column < kGramColumns; ++column) {
    std::array<double, kLanes> lanes;
    std::memcpy(lanes.data(), sums[column], sizeof lanes);
    double sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    for (ptrdiff_t row = whole; row < rows; ++row) {
      const double entry = columns[column * stride + row];
      sum += entry * x_rows[row];
      y_rows[row] += entry * x_columns[column];
    }
    y_columns[column] += sum;
  }
}

#ifdef MODLAB_CPU_AVX2
MODLAB_CPU_AVX512
void AddSymmetric(const double* columns, ptrdiff_t stride, int rows, const double* x_rows, const double* x_columns,
                  double* y_rows, double* y_columns) {
  AddSymmetric<8>(columns, stride, rows, x_rows, x_columns, y_rows, y_columns);
}

MODLAB_CPU_AVX2
void AddSymmetric(const double* columns, ptrdiff_t stride, int rows, const double* x_rows, const double* x_columns,
                  double* y_rows, double* y_columns) {
  AddSymmetric<4>(columns, stride, rows, x_rows, x_columns, y_rows, y_columns);
}

MODLAB_CPU_AVX512
void AddProduct(const double* left, const double* right, int rows, double* square) {
  AddProduct<8, 8>(left, right, rows, square);
}

MODLAB_CPU_AVX2
void AddProduct(const double* left, const double* right, int rows, double* square) {
  AddProduct<4, 4>(left, right, rows, square);
}
#endif

MODLAB_CPU_BASELINE
void AddSymmetric(const double* columns, ptrdiff_t stride, int rows, const double* x_rows, const double* x_columns,
                  double* y_rows, double* y_columns) {
  AddSymmetric<2>(columns, stride, rows, x_rows, x_columns, y_rows, y_columns);
}

MODLAB_CPU_BASELINE
void AddProduct(const double* left, const double* right, int rows, double* square) {
  AddProduct<2, 2>(left, right, rows, square);
}

}  // namespace

void AddSymmetricProduct(const double* columns, ptrdiff_t stride, int rows, const double* x_rows,
                         const double* x_columns, double* y_rows, double* y_columns) {
  AddSymmetric(columns, stride, rows, x_rows, x_columns, y_rows, y_columns);
}

void AddPanelProduct(const double* left, const double* right, int rows, double* square) {
  AddProduct(left, right, rows, square);
}

}  // namespace modlab
