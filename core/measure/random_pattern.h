#pragma once

#include <cstdint>

#include "core/graph/sparse_entries.h"
#include "core/random.h"
#include "core/run_context.h"

namespace modlab {

/// `count` of the places of a matrix, each such set as likely as any other: columns ascend in every row. O(count log)
/// for a sparse one, O(rows * columns) at most. Checks for cancellation.
SparsePattern DrawPattern(int rows, int columns, int count, Random& random, const RunContext& context);

}  // namespace modlab
