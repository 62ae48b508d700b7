#pragma once

#include <cstdint>

#define MODLAB_INLINE inline __attribute__((always_inline))

namespace modlab {

/// Registers of `Width` numbers (twice as many of half the size): 8 for AVX-512, 4 for AVX2, 2 for what every 64-bit
/// CPU has. GCC takes wider ones than the CPU's apart, number by number, and does not know how wide they are where that
/// depends on a template's parameter.
template <int Width>
struct VectorRegister;
template <>
struct VectorRegister<2> {
  using Doubles = double __attribute__((vector_size(16)));
  using Integers = int64_t __attribute__((vector_size(16)));
  using Floats = float __attribute__((vector_size(16)));
  using ShortIntegers = int32_t __attribute__((vector_size(16)));
};
template <>
struct VectorRegister<4> {
  using Doubles = double __attribute__((vector_size(32)));
  using Integers = int64_t __attribute__((vector_size(32)));
  using Floats = float __attribute__((vector_size(32)));
  using ShortIntegers = int32_t __attribute__((vector_size(32)));
};
template <>
struct VectorRegister<8> {
  using Doubles = double __attribute__((vector_size(64)));
  using Integers = int64_t __attribute__((vector_size(64)));
  using Floats = float __attribute__((vector_size(64)));
  using ShortIntegers = int32_t __attribute__((vector_size(64)));
};

}  // namespace modlab
