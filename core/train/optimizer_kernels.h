#pragma once

#include <cstdint>

namespace modlab {

/// The inner loops of the optimisers: one pass over a parameter's memory, single-threaded, the same bits on every
/// x86-64 CPU. `Real` is float or double; numbers are of that type throughout. On x86-64 numbers below the smallest
/// normal one (weights, gradients, state and whatever comes between) count as 0, since they would make the pass two to
/// four times slower; elsewhere they are kept.

/// What all rules have in common. The rules see the gradient
///     g = gradient_scale * gradient + weight_decay * value + l1 * sign(value).
template <typename Real>
struct UpdateArrays {
  Real* values = nullptr;
  const Real* gradient = nullptr;
  /// Where it is 0, the value and its state stay as they are, to the bit. Null: all are updated.
  const uint8_t* mask = nullptr;
  int64_t count = 0;
  Real gradient_scale = 1;
  Real weight_decay = 0;
  Real l1 = 0;
};

/// b = momentum b + undamped g, where there is a buffer b, and else b = g; value -= rate b, or, with Nesterov's,
/// value -= rate (g + momentum b).
template <typename Real>
struct SgdUpdate : UpdateArrays<Real> {
  Real* momentum_buffer = nullptr;  ///< May be null.
  Real momentum = 0;
  Real undamped = 1;
  bool nesterov = false;
  Real rate = 0;
};

/// m = beta1 m + rest1 g; v = beta2 v + rest2 g^2; value -= decay value + rate m / (root_scale sqrt(v) + epsilon).
template <typename Real>
struct AdamUpdate : UpdateArrays<Real> {
  Real* first_moment = nullptr;
  Real* second_moment = nullptr;
  Real beta1 = 0;
  Real rest1 = 1;
  Real beta2 = 0;
  Real rest2 = 1;
  Real root_scale = 1;
  Real epsilon = 0;
  Real rate = 0;
  Real decay = 0;
};

/// v = alpha v + rest g^2; d = g / (sqrt(v) + epsilon), or, where there is a mean u = alpha u + rest g,
/// d = g / (sqrt(max(v - u^2, 0)) + epsilon); b = momentum b + d, where there is a buffer b, and else b = d;
/// value -= rate b.
template <typename Real>
struct RmspropUpdate : UpdateArrays<Real> {
  Real* second_moment = nullptr;
  Real* mean_gradient = nullptr;    ///< May be null.
  Real* momentum_buffer = nullptr;  ///< May be null.
  Real alpha = 0;
  Real rest = 1;
  Real epsilon = 0;
  Real momentum = 0;
  Real rate = 0;
};

void ApplyUpdate(const SgdUpdate<float>& update);
void ApplyUpdate(const SgdUpdate<double>& update);
void ApplyUpdate(const AdamUpdate<float>& update);
void ApplyUpdate(const AdamUpdate<double>& update);
void ApplyUpdate(const RmspropUpdate<float>& update);
void ApplyUpdate(const RmspropUpdate<double>& update);

/// Sum of the squares of those values whose mask is not 0 (of all, where `mask` is null), added up in double in an
/// order that depends on nothing but `count`.
double SumOfSquares(const float* values, const uint8_t* mask, int64_t count);
double SumOfSquares(const double* values, const uint8_t* mask, int64_t count);

}  // namespace modlab
