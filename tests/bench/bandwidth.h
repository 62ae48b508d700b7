#pragma once

#include <cstdint>

#include "core/run_context.h"

namespace modlab {

/// Bytes per second between memory and the context's threads.
struct Bandwidth {
  double read = 0;   ///< Of one array.
  double triad = 0;  ///< a = b + s c (McCalpin's STREAM), which counts 24 bytes for each element.
};

/// The best of `repeats`, with arrays of so many bytes in all: far more than the caches hold.
Bandwidth MeasureBandwidth(int64_t bytes, int repeats, RunContext& context);

}  // namespace modlab
