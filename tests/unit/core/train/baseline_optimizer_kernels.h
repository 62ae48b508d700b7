#pragma once

#include "core/train/optimizer_kernels.h"

namespace modlab {

/// The functions without `Baseline` in their names, as every x86-64 CPU runs them.
void BaselineApplyUpdate(const SgdUpdate<float>& update);
void BaselineApplyUpdate(const SgdUpdate<double>& update);
void BaselineApplyUpdate(const AdamUpdate<float>& update);
void BaselineApplyUpdate(const AdamUpdate<double>& update);
void BaselineApplyUpdate(const RmspropUpdate<float>& update);
void BaselineApplyUpdate(const RmspropUpdate<double>& update);
double BaselineSumOfSquares(const float* values, const uint8_t* mask, int64_t count);
double BaselineSumOfSquares(const double* values, const uint8_t* mask, int64_t count);

}  // namespace modlab
