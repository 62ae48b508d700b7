#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/dataset/array.h"

namespace modlab {

/// What networks are trained on: tensors with a row for each sample. `x` are the inputs; all others are labels, of
/// which a task uses those that its goal names (`y`, unless there are several).
struct Dataset {
  std::vector<NamedArray> tensors;

  /// nullptr where there is none of that name.
  const Array* Find(std::string_view name) const;
};

/// Whether a tensor of a data set may be called so: `[a-z_][a-z0-9_]*`, at most 63 characters.
bool IsTensorName(std::string_view name);

/// Throws Error (kDataInvalid), with a sentence that names the tensor, where something is not as it must be: one tensor
/// is `x`; names are IsTensorName, each once; every tensor has one dimension or more and the same number of rows, at
/// least 1, of at least one element; no element is NaN or infinite (which says the row, and the element within it, from
/// 0 up). O(bytes).
void CheckDataset(const Dataset& dataset);

struct TensorSummary {
  double least = 0;
  double most = 0;
  double mean = 0;
  /// Standard deviation, of the elements as the whole population.
  double sd = 0;
  /// If the tensor can be classes (integers in one dimension, from 0 up, below 65536): the largest and one; else 0.
  int64_t classes = 0;
};

/// Of all elements, which are finite and at least one; int64 beyond 2^53 are rounded. Exact for integers of one byte
/// but for the last rounding; else in double: a pass for the mean, and a second for the deviations from it. The same on
/// every CPU. O(bytes).
TensorSummary Summarize(const Array& array);

}  // namespace modlab
