#include "core/graph/sparse_entries.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "core/graph/block_rows.h"

namespace modlab {
namespace {

/// At most one entry in so many is other than zero where a block is compressed.
constexpr int64_t kSparseLimit = 16;
/// Rows of one task.
constexpr int kRowsATask = 64;

/// Calls do_row(row, memory to work in) for all rows, on all threads.
template <typename Do>
void ForEachRow(int rows, RunContext& context, const Do& do_row) {
  context.ParallelFor((rows + kRowsATask - 1) / kRowsATask, [&](int task) {
    std::vector<double> weights;
    const int last = std::min((task + 1) * kRowsATask, rows);
    for (int row = task * kRowsATask; row < last; ++row) do_row(row, weights);
  });
}

/// The elements, as they lie, of a dense block's entries that are other than zero, by rows of BlockRows.
template <typename Element>
SparseEntries<Element> Compressed(const Block& block, const Element* data, const std::vector<int>& starts,
                                  RunContext& context) {
  const BlockRows rows(block);
  SparseEntries<Element> entries;
  entries.pattern.starts = starts;
  entries.pattern.columns.resize(entries.pattern.starts.back());
  entries.values.resize(entries.pattern.starts.back());
  const int64_t row_stride = rows.rows_are_sources() ? block.source_stride : block.target_stride;
  const int64_t column_stride = rows.rows_are_sources() ? block.target_stride : block.source_stride;
  ForEachRow(rows.rows(), context, [&](int row, std::vector<double>& weights) {
    int next = entries.pattern.starts[row];
    rows.EntriesOf(row, weights).ForEach([&](int column, double weight) {
      if (weight == 0) return;
      entries.pattern.columns[next] = column;
      entries.values[next] = data[row * row_stride + column * column_stride];
      ++next;
    });
  });
  if (rows.rows_are_sources()) return Transposed(entries, block.target_units);
  return entries;
}

template <typename Element>
Block Transposed(const Block& block, const Element* data) {
  const SparseEntries<Element> entries{
      PatternOf(block), std::vector<Element>(data + block.row_starts[0], data + block.row_starts[block.target_units])};
  Block transposed = block;
  std::swap(transposed.source, transposed.target);
  std::swap(transposed.source_offset, transposed.target_offset);
  std::swap(transposed.source_units, transposed.target_units);
  std::swap(transposed.source_scale, transposed.target_scale);
  if (block.signs != nullptr) {
    BlockSigns signs = *block.signs;
    std::swap(signs.source_turns, signs.target_turns);
    transposed.signs = std::make_shared<const BlockSigns>(std::move(signs));
  }
  TakeEntries(Transposed(entries, block.source_units), transposed);
  return transposed;
}

}  // namespace

SparsePattern PatternOf(const Block& block) {
  SparsePattern pattern;
  const int first = block.row_starts[0];
  pattern.starts.assign(block.row_starts, block.row_starts + block.target_units + 1);
  for (int& start : pattern.starts) start -= first;
  pattern.columns.assign(block.row_sources + first, block.row_sources + block.row_starts[block.target_units]);
  return pattern;
}

template <typename Element>
SparseEntries<Element> Transposed(const SparseEntries<Element>& entries, int columns) {
  SparseEntries<Element> result;
  result.pattern.starts.assign(columns + 1, 0);
  for (const int column : entries.pattern.columns) ++result.pattern.starts[column + 1];
  std::partial_sum(result.pattern.starts.begin(), result.pattern.starts.end(), result.pattern.starts.begin());
  result.pattern.columns.resize(entries.pattern.columns.size());
  result.values.resize(entries.values.size());
  std::vector<int> next(result.pattern.starts.begin(), result.pattern.starts.end() - 1);
  for (int row = 0; row < entries.pattern.rows(); ++row) {
    for (int i = entries.pattern.starts[row]; i < entries.pattern.starts[row + 1]; ++i) {
      const int place = next[entries.pattern.columns[i]]++;
      result.pattern.columns[place] = row;
      result.values[place] = entries.values[i];
    }
  }
  return result;
}

template <typename Element>
void TakeEntries(SparseEntries<Element> entries, Block& block) {
  // So that their memory is somewhere.
  entries.pattern.columns.reserve(1);
  entries.values.reserve(1);
  const auto owner = std::make_shared<const SparseEntries<Element>>(std::move(entries));
  block.float_data = nullptr;
  block.double_data = nullptr;
  if constexpr (std::is_same_v<Element, float>) {
    block.float_data = owner->values.data();
  } else {
    block.double_data = owner->values.data();
  }
  block.row_starts = owner->pattern.starts.data();
  block.row_sources = owner->pattern.columns.data();
  block.owner = owner;
}

template SparseEntries<float> Transposed(const SparseEntries<float>&, int);
template SparseEntries<double> Transposed(const SparseEntries<double>&, int);
template void TakeEntries(SparseEntries<float>, Block&);
template void TakeEntries(SparseEntries<double>, Block&);

Block Transposed(const Block& block) {
  return block.float_data != nullptr ? Transposed(block, block.float_data) : Transposed(block, block.double_data);
}

Block CompressedIfSparse(Block block, RunContext& context) {
  const bool is_computed = block.signs != nullptr && !block.signs->positive.empty();
  if (block.is_sparse() || is_computed || block.occupiable != nullptr || block.convolution_groups > 1) return block;
  const BlockRows rows(block);
  std::vector<int> counts(rows.rows(), 0);
  ForEachRow(rows.rows(), context, [&](int row, std::vector<double>& weights) {
    rows.EntriesOf(row, weights).ForEach([&](int, double weight) { counts[row] += weight != 0 ? 1 : 0; });
  });
  const int64_t count = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  if (kSparseLimit * count > block.stored_entries() || count > std::numeric_limits<int>::max()) return block;
  std::vector<int> starts(counts.size() + 1, 0);
  std::partial_sum(counts.begin(), counts.end(), starts.begin() + 1);
  if (block.float_data != nullptr) {
    TakeEntries(Compressed(block, block.float_data, starts, context), block);
  } else {
    TakeEntries(Compressed(block, block.double_data, starts, context), block);
  }
  return block;
}

}  // namespace modlab
