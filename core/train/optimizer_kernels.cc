#include "core/train/optimizer_kernels.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include <array>
#include <bit>
#include <cmath>

#include "core/cpu_dispatch.h"
#include "core/spectral/vector_registers.h"

namespace modlab {
namespace {

/// Lets the CPU take numbers below the smallest normal one for 0 while it exists, both those it reads and those it
/// writes.
class FlushToZero {
 public:
#if defined(__SSE2__)
  FlushToZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040U); }
  ~FlushToZero() { _mm_setcsr(before_); }
#else
  FlushToZero() = default;
#endif
  FlushToZero(const FlushToZero&) = delete;
  FlushToZero& operator=(const FlushToZero&) = delete;

#if defined(__SSE2__)
 private:
  unsigned before_;
#endif
};

template <typename Real>
MODLAB_INLINE Real WholeGradient(const UpdateArrays<Real>& update, Real gradient, Real value) {
  const Real toward_zero = value > 0 ? update.l1 : (value < 0 ? -update.l1 : Real{0});
  return gradient * update.gradient_scale + update.weight_decay * value + toward_zero;
}

template <typename Real>
struct BitsOf;
template <>
struct BitsOf<float> {
  using Type = uint32_t;
};
template <>
struct BitsOf<double> {
  using Type = uint64_t;
};

/// Which of two numbers an entry gets, by its mask: GCC does not make vectors of `mask != 0 ? updated : kept` where
/// masks are bytes.
template <bool Masked, typename Real>
class Choice {
 public:
  MODLAB_INLINE Choice(const uint8_t* mask, int64_t i) {
    if constexpr (Masked) bits_ = Bits{0} - static_cast<Bits>(mask[i] != 0);
  }
  MODLAB_INLINE Real Of(Real updated, Real kept) const {
    if constexpr (!Masked) return updated;
    return std::bit_cast<Real>((std::bit_cast<Bits>(updated) & bits_) | (std::bit_cast<Bits>(kept) & ~bits_));
  }

 private:
  using Bits = typename BitsOf<Real>::Type;
  Bits bits_ = 0;
};

// The loops read and write all of an entry's numbers whether it is masked or not, and have a copy of what to do, which
// no store can change, so that they run in vectors.

template <bool Masked, bool Momentum, bool Nesterov, typename Real>
MODLAB_INLINE void Loop(const SgdUpdate<Real> update) {
  Real* __restrict const values = update.values;
  const Real* __restrict const gradient = update.gradient;
  const uint8_t* __restrict const mask = update.mask;
  Real* __restrict const buffer = update.momentum_buffer;
  for (int64_t i = 0; i < update.count; ++i) {
    const Real value = values[i];
    const Real g = WholeGradient(update, gradient[i], value);
    const Choice<Masked, Real> choice(mask, i);
    Real direction = g;
    if constexpr (Momentum) {
      const Real b = buffer[i] * update.momentum + update.undamped * g;
      direction = Nesterov ? g + update.momentum * b : b;
      buffer[i] = choice.Of(b, buffer[i]);
    }
    values[i] = choice.Of(value - update.rate * direction, value);
  }
}

template <bool Masked, typename Real>
MODLAB_INLINE void Loop(const AdamUpdate<Real> update) {
  Real* __restrict const values = update.values;
  const Real* __restrict const gradient = update.gradient;
  const uint8_t* __restrict const mask = update.mask;
  Real* __restrict const first = update.first_moment;
  Real* __restrict const second = update.second_moment;
  for (int64_t i = 0; i < update.count; ++i) {
    const Real value = values[i];
    const Real g = WholeGradient(update, gradient[i], value);
    const Choice<Masked, Real> choice(mask, i);
    const Real m = first[i] * update.beta1 + update.rest1 * g;
    const Real v = second[i] * update.beta2 + update.rest2 * g * g;
    const Real next =
        value - (update.decay * value + update.rate * m / (std::sqrt(v) * update.root_scale + update.epsilon));
    first[i] = choice.Of(m, first[i]);
    second[i] = choice.Of(v, second[i]);
    values[i] = choice.Of(next, value);
  }
}

template <bool Masked, bool Centered, bool Momentum, typename Real>
MODLAB_INLINE void Loop(const RmspropUpdate<Real> update) {
  Real* __restrict const values = update.values;
  const Real* __restrict const gradient = update.gradient;
  const uint8_t* __restrict const mask = update.mask;
  Real* __restrict const second = update.second_moment;
  Real* __restrict const mean = update.mean_gradient;
  Real* __restrict const buffer = update.momentum_buffer;
  for (int64_t i = 0; i < update.count; ++i) {
    const Real value = values[i];
    const Real g = WholeGradient(update, gradient[i], value);
    const Choice<Masked, Real> choice(mask, i);
    const Real v = second[i] * update.alpha + update.rest * g * g;
    Real variance = v;
    if constexpr (Centered) {
      const Real u = mean[i] * update.alpha + update.rest * g;
      variance = v - u * u;
      variance = variance < 0 ? Real{0} : variance;
      mean[i] = choice.Of(u, mean[i]);
    }
    Real direction = g / (std::sqrt(variance) + update.epsilon);
    if constexpr (Momentum) {
      direction = buffer[i] * update.momentum + direction;
      buffer[i] = choice.Of(direction, buffer[i]);
    }
    second[i] = choice.Of(v, second[i]);
    values[i] = choice.Of(value - update.rate * direction, value);
  }
}

template <bool Masked, typename Real>
MODLAB_INLINE void Choose(const SgdUpdate<Real>& update) {
  if (update.momentum_buffer == nullptr) {
    Loop<Masked, false, false>(update);
  } else if (update.nesterov) {
    Loop<Masked, true, true>(update);
  } else {
    Loop<Masked, true, false>(update);
  }
}

template <bool Masked, typename Real>
MODLAB_INLINE void Choose(const AdamUpdate<Real>& update) {
  Loop<Masked>(update);
}

template <bool Masked, typename Real>
MODLAB_INLINE void Choose(const RmspropUpdate<Real>& update) {
  if (update.mean_gradient == nullptr) {
    if (update.momentum_buffer == nullptr) {
      Loop<Masked, false, false>(update);
    } else {
      Loop<Masked, false, true>(update);
    }
  } else if (update.momentum_buffer == nullptr) {
    Loop<Masked, true, false>(update);
  } else {
    Loop<Masked, true, true>(update);
  }
}

template <typename Update>
MODLAB_INLINE void ChooseLoop(const Update& update) {
  if (update.mask == nullptr) {
    Choose<false>(update);
  } else {
    Choose<true>(update);
  }
}

// Functions of their own, so that nothing of them moves out from where the CPU's mode is set.

MODLAB_CPU_DISPATCH __attribute__((noinline)) void Apply(const SgdUpdate<float>& update) { ChooseLoop(update); }
MODLAB_CPU_DISPATCH __attribute__((noinline)) void Apply(const SgdUpdate<double>& update) { ChooseLoop(update); }
MODLAB_CPU_DISPATCH __attribute__((noinline)) void Apply(const AdamUpdate<float>& update) { ChooseLoop(update); }
MODLAB_CPU_DISPATCH __attribute__((noinline)) void Apply(const AdamUpdate<double>& update) { ChooseLoop(update); }
MODLAB_CPU_DISPATCH __attribute__((noinline)) void Apply(const RmspropUpdate<float>& update) { ChooseLoop(update); }
MODLAB_CPU_DISPATCH __attribute__((noinline)) void Apply(const RmspropUpdate<double>& update) { ChooseLoop(update); }

template <typename Update>
void ApplyFlushed(const Update& update) {
  const FlushToZero flush;
  Apply(update);
}

/// Sums of their own, whatever the width of the CPU's vectors; entry i is added to sum i modulo this.
constexpr int64_t kSums = 16;

template <bool Masked, typename Real>
MODLAB_INLINE double AddUp(const Real* __restrict values, const uint8_t* __restrict mask, int64_t count) {
  std::array<double, kSums> sums{};
  const int64_t whole = count / kSums * kSums;
  for (int64_t i = 0; i < whole; i += kSums) {
    for (int64_t j = 0; j < kSums; ++j) {
      const double value = Choice<Masked, Real>(mask, i + j).Of(values[i + j], Real{0});
      sums[j] += value * value;
    }
  }
  for (int64_t i = whole; i < count; ++i) {
    const double value = Choice<Masked, Real>(mask, i).Of(values[i], Real{0});
    sums[i - whole] += value * value;
  }
  for (int64_t half = kSums / 2; half > 0; half /= 2) {
    for (int64_t j = 0; j < half; ++j) sums[j] += sums[j + half];
  }
  return sums[0];
}

MODLAB_CPU_DISPATCH double AddUp(const float* values, const uint8_t* mask, int64_t count) {
  return mask == nullptr ? AddUp<false>(values, mask, count) : AddUp<true>(values, mask, count);
}
MODLAB_CPU_DISPATCH double AddUp(const double* values, const uint8_t* mask, int64_t count) {
  return mask == nullptr ? AddUp<false>(values, mask, count) : AddUp<true>(values, mask, count);
}

}  // namespace

void ApplyUpdate(const SgdUpdate<float>& update) { ApplyFlushed(update); }
void ApplyUpdate(const SgdUpdate<double>& update) { ApplyFlushed(update); }
void ApplyUpdate(const AdamUpdate<float>& update) { ApplyFlushed(update); }
void ApplyUpdate(const AdamUpdate<double>& update) { ApplyFlushed(update); }
void ApplyUpdate(const RmspropUpdate<float>& update) { ApplyFlushed(update); }
void ApplyUpdate(const RmspropUpdate<double>& update) { ApplyFlushed(update); }

double SumOfSquares(const float* values, const uint8_t* mask, int64_t count) { return AddUp(values, mask, count); }
double SumOfSquares(const double* values, const uint8_t* mask, int64_t count) { return AddUp(values, mask, count); }

}  // namespace modlab
