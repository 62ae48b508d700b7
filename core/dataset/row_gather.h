#pragma once

#include <cstdint>

#include "core/dataset/array.h"

namespace modlab {

/// Batches: rows of an array, converted and put after each other.
///
///     target[i * target_stride + j] = source[rows[i]][j] * scale + shift      (0 <= j < source.row_elements())
///
/// `source` is of any type and has at least one dimension; target_stride >= source.row_elements(), what lies between
/// stays as it is. Worked out in double, and then rounded to the target's type: the same bits on every CPU. With scale
/// 1 and shift 0 elements are only converted, or copied. Throws std::out_of_range where a row is none of the source's;
/// nothing is written then. Reentrant; O(rows * row_elements), no memory.
void GatherRows(const Array& source, Span<const int64_t> rows, double scale, double shift, float* target,
                int64_t target_stride);
void GatherRows(const Array& source, Span<const int64_t> rows, double scale, double shift, double* target,
                int64_t target_stride);
/// The same without a scale, for classes. Throws std::logic_error where the source is float32 or float64.
void GatherRows(const Array& source, Span<const int64_t> rows, int64_t* target, int64_t target_stride);

}  // namespace modlab
