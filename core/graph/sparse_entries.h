#pragma once

#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// Where a sparse matrix has entries, in compressed rows: those of row r are in the columns columns[starts[r]] to
/// columns[starts[r + 1] - 1].
struct SparsePattern {
  std::vector<int> starts = {0};  ///< [rows + 1]
  std::vector<int> columns;

  int rows() const { return static_cast<int>(starts.size()) - 1; }
};

/// A sparse matrix: values[i] is in column pattern.columns[i].
template <typename Element>
struct SparseEntries {
  SparsePattern pattern;
  std::vector<Element> values;
};

/// The transposed matrix, of `columns` rows; in each of these the columns ascend, those that are equal in the order in
/// which they were. So the transposed of the transposed is the matrix with its rows sorted. O(entries).
template <typename Element>
SparseEntries<Element> Transposed(const SparseEntries<Element>& entries, int columns);

/// Where a sparse block has entries. Copies it.
SparsePattern PatternOf(const Block& block);

/// Makes a block a sparse one that owns these entries, rows being its target units; columns must ascend in each.
template <typename Element>
void TakeEntries(SparseEntries<Element> entries, Block& block);

/// A sparse block with the same weights the other way: its source units are the block's target units. Copies them.
Block Transposed(const Block& block);

/// A copy of a block of the entries that are other than zero, with their signs, if these are few enough (one in 16) for
/// that to be smaller and faster to read; else the block itself. Only blocks of views of weights are copied. Checks for
/// cancellation.
Block CompressedIfSparse(Block block, RunContext& context);

}  // namespace modlab
