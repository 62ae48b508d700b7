#include "core/spectral/gram_kernels.h"

#include <cstddef>
#include <cstring>

#include "core/cpu_dispatch.h"

namespace modlab {
namespace {

/// As many numbers as a register has: 8 for AVX-512, 4 for AVX2, 2 for what every 64-bit CPU has.
template <int Width>
struct Register;
template <>
struct Register<2> {
  using Doubles = double __attribute__((vector_size(16)));
};
template <>
struct Register<4> {
  using Doubles = double __attribute__((vector_size(32)));
};
template <>
struct Register<8> {
  using Doubles = double __attribute__((vector_size(64)));
};

/// Of `Count` columns of the left panel from `first` on: as many as there are registers for their sums.
template <int Width, int Count>
[[gnu::always_inline]] inline void AddProductOfSome(const double* left, const double* right, int rows, int first,
                                                    double* square) {
  using Doubles = typename Register<Width>::Doubles;
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
[[gnu::always_inline]] inline void AddProduct(const double* left, const double* right, int rows, double* square) {
#pragma GCC unroll 4
  for (int first = 0; first < kPanelColumns; first += Count) {
    AddProductOfSome<Width, Count>(left, right, rows, first, square);
  }
}

#ifdef MODLAB_CPU_AVX2
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
void AddProduct(const double* left, const double* right, int rows, double* square) {
  AddProduct<2, 2>(left, right, rows, square);
}

}  // namespace

void AddPanelProduct(const double* left, const double* right, int rows, double* square) {
  AddProduct(left, right, rows, square);
}

}  // namespace modlab
