#include "core/graph/block_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/cpu_dispatch.h"

namespace modlab {
namespace {

/// Enough entries to be worth waking a thread for.
constexpr int kChunkEntries = 32 * 1024;
/// With this many rows a chunk's sums over columns are small beside the weights it reads.
constexpr int kMinChunkRows = 64;

MODLAB_CPU_DISPATCH
void ReadFloats(const float* data, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] = static_cast<double>(std::abs(data[i]));
}

MODLAB_CPU_DISPATCH
void ReadDoubles(const double* data, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] = std::abs(data[i]);
}

MODLAB_CPU_DISPATCH
void Scale(double scale, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] *= scale;
}

MODLAB_CPU_DISPATCH
void Scale(const double* scales, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] *= scales[i];
}

template <typename Element>
void ReadApart(const Element* data, int64_t stride, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] = std::abs(static_cast<double>(data[i * stride]));
}

template <typename Element>
void CopyApart(const Element* data, int64_t stride, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] = static_cast<double>(data[i * stride]);
}

/// The positive part of the weights, or, with a sign of -1, the negative one.
MODLAB_CPU_DISPATCH
void Clip(double sign, int count, double* weights) {
  for (int i = 0; i < count; ++i) weights[i] = std::max(sign * weights[i], 0.0);
}

template <typename Element>
void ReadTurned(const Element* data, int64_t row_stride, int64_t column_stride, int rows, int columns, double* weights,
                int pitch) {
  for (int row = 0; row < rows; ++row) {
    const Element* const of_row = data + row * row_stride;
    for (int column = 0; column < columns; ++column) {
      weights[column * pitch + row] = std::abs(static_cast<double>(of_row[column * column_stride]));
    }
  }
}

const double* DataOrNull(const std::vector<double>& scale) { return scale.empty() ? nullptr : scale.data(); }

/// Disjoint sets with path halving; a set's root is its smallest member.
class DisjointSets {
 public:
  explicit DisjointSets(int size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

  int Find(int member) {
    while (parent_[member] != member) member = parent_[member] = parent_[parent_[member]];
    return member;
  }
  /// Joins a root's set with a member's and returns the root of both.
  int Join(int root, int member) {
    if (parent_[member] == root) return root;
    const int other = Find(member);
    const auto [low, high] = std::minmax(root, other);
    parent_[high] = low;
    parent_[member] = low;
    return low;
  }

 private:
  std::vector<int> parent_;
};

/// One past the last row of a chunk from a row on: of a sparse block, whose chunks have so many entries that sums over
/// its columns are small beside them, too.
int EndOfChunk(const BlockRows& rows, int first) {
  if (rows.is_sparse()) {
    const int64_t wanted = std::max<int64_t>(kChunkEntries, int64_t{kMinChunkRows} * rows.columns());
    int last = std::min(first + kMinChunkRows, rows.rows());
    while (last < rows.rows() && int64_t{rows.row_start(last)} - rows.row_start(first) < wanted) ++last;
    return last;
  }
  // A grouped convolution's entries lie along the diagonal: many rows have mostly columns without any.
  const BlockRows::Columns columns = rows.ColumnsOf(0, 1);
  const bool is_diagonal = columns.last < rows.columns();
  const int chunk_rows = is_diagonal ? kMinChunkRows : std::max(kMinChunkRows, kChunkEntries / rows.columns());
  return std::min(first + chunk_rows, rows.rows());
}

}  // namespace

BlockRows::BlockRows(const UnitGraph& graph, const Block& block)
    : BlockRows(block, graph.first_target_unit(block), graph.first_source_unit(block)) {}

BlockRows::BlockRows(const Block& block) : BlockRows(block, 0, 0) {}

BlockRows::BlockRows(const Block& block, int first_target_unit, int first_source_unit)
    : float_data_(block.float_data),
      double_data_(block.double_data),
      rows_(block.target_units),
      columns_(block.source_units),
      row_stride_(block.target_stride),
      column_stride_(block.source_stride),
      first_row_unit_(first_target_unit),
      first_column_unit_(first_source_unit),
      row_scale_(DataOrNull(block.target_scale)),
      column_scale_(DataOrNull(block.source_scale)),
      threshold_(block.threshold),
      part_rows_(block.target_units / block.convolution_groups),
      part_columns_(block.source_units / block.convolution_groups),
      row_starts_(block.row_starts),
      row_columns_(block.row_sources),
      part_(block.part),
      signs_(block.signs.get()) {
  if (!is_sparse() && std::abs(row_stride_) < std::abs(column_stride_)) {
    std::swap(rows_, columns_);
    std::swap(row_stride_, column_stride_);
    std::swap(first_row_unit_, first_column_unit_);
    std::swap(row_scale_, column_scale_);
    std::swap(part_rows_, part_columns_);
    sources_are_rows_ = true;
  }
}

BlockRows::Columns BlockRows::ColumnsOf(int first_row, int last_row) const {
  if (first_row >= last_row) return {};
  return {.first = first_row / part_rows_ * part_columns_, .last = ((last_row - 1) / part_rows_ + 1) * part_columns_};
}

BlockRows::Columns BlockRows::RowsOf(int first_column, int last_column) const {
  if (first_column >= last_column) return {};
  return {.first = first_column / part_columns_ * part_rows_,
          .last = ((last_column - 1) / part_columns_ + 1) * part_rows_};
}

RowEntries BlockRows::EntriesOf(int row, std::vector<double>& weights) const {
  RowEntries entries;
  if (is_sparse()) {
    entries.columns = row_columns_ + row_starts_[row];
    entries.count = row_starts_[row + 1] - row_starts_[row];
    weights.resize(entries.count);
    ReadStored(row, row_starts_[row], entries.count, weights.data());
  } else {
    const Columns columns = ColumnsOf(row, row + 1);
    entries.first_column = columns.first;
    entries.count = columns.last - columns.first;
    weights.resize(entries.count);
    ReadPresent(row, columns.first, entries.count, weights.data());
  }
  entries.weights = weights.data();
  return entries;
}

/// `count` of a sparse block's stored entries, all of one row, from the one at `first` on.
void BlockRows::ReadStored(int row, int first, int count, double* weights) const {
  ReadElements(row, {row_columns_ + first, 0, count, weights}, first, 1, weights);
}

void BlockRows::ReadSparse(int row, int column, int count, double* weights) const {
  std::fill(weights, weights + count, 0.0);
  const int* const end = row_columns_ + row_starts_[row + 1];
  const int* entry = std::lower_bound(row_columns_ + row_starts_[row], end, column);
  const int* const last = std::lower_bound(entry, end, column + count);
  constexpr int most = 64;
  double stored[most];
  while (entry < last) {
    const int read = static_cast<int>(std::min<std::ptrdiff_t>(most, last - entry));
    ReadStored(row, static_cast<int>(entry - row_columns_), read, stored);
    for (int i = 0; i < read; ++i) weights[entry[i] - column] = stored[i];
    entry += read;
  }
}

void BlockRows::Read(int row, int column, int count, double* weights) const {
  if (is_sparse()) return ReadSparse(row, column, count, weights);
  const Columns columns = ColumnsOf(row, row + 1);
  const int first = std::clamp(columns.first, column, column + count);
  const int last = std::clamp(columns.last, column, column + count);
  std::fill(weights, weights + (first - column), 0.0);
  if (first < last) ReadPresent(row, first, last - first, weights + (first - column));
  std::fill(weights + (last - column), weights + count, 0.0);
}

void BlockRows::ReadPresent(int row, int column, int count, double* weights) const {
  // A grouped convolution's sources count from their part's first.
  const int data_row = sources_are_rows_ ? row % part_rows_ : row;
  const int data_column = sources_are_rows_ ? column : column % part_columns_;
  const int64_t offset = data_row * row_stride_ + data_column * column_stride_;
  ReadElements(row, {nullptr, column, count, weights}, offset, column_stride_, weights);
}

/// The weights of these entries, whose elements lie from `offset` on.
void BlockRows::ReadElements(int row, const RowEntries& entries, int64_t offset, int64_t stride,
                             double* weights) const {
  const int count = entries.count;
  if (part_ != WeightPart::kMagnitude) {
    ReadPart(row, entries, offset, stride, weights);
  } else if (float_data_ != nullptr) {
    stride == 1 ? ReadFloats(float_data_ + offset, count, weights)
                : ReadApart(float_data_ + offset, stride, count, weights);
  } else {
    stride == 1 ? ReadDoubles(double_data_ + offset, count, weights)
                : ReadApart(double_data_ + offset, stride, count, weights);
  }
  if (row_scale_ != nullptr) Scale(row_scale_[row], count, weights);
  if (column_scale_ != nullptr && entries.columns == nullptr) {
    Scale(column_scale_ + entries.first_column, count, weights);
  } else if (column_scale_ != nullptr) {
    for (int i = 0; i < count; ++i) weights[i] *= column_scale_[entries.columns[i]];
  }
  ApplyThreshold(count, weights);
}

void BlockRows::ReadPart(int row, const RowEntries& entries, int64_t offset, int64_t stride, double* weights) const {
  if (float_data_ != nullptr) {
    CopyApart(float_data_ + offset, stride, entries.count, weights);
  } else {
    CopyApart(double_data_ + offset, stride, entries.count, weights);
  }
  if (signs_ != nullptr) {
    for (int i = 0; i < entries.count; ++i) {
      const int column = entries.columns != nullptr ? entries.columns[i] : entries.first_column + i;
      const bool turns = sources_are_rows_ ? signs_->Turns(column, row) : signs_->Turns(row, column);
      if (turns) weights[i] = -weights[i];
    }
  }
  if (part_ != WeightPart::kSigned) Clip(part_ == WeightPart::kPositive ? 1 : -1, entries.count, weights);
}

void BlockRows::ApplyThreshold(int count, double* weights) const {
  if (threshold_ <= 0) return;
  for (int i = 0; i < count; ++i) weights[i] = std::abs(weights[i]) <= threshold_ ? 0 : weights[i];
}

void BlockRows::ReadTurned(int row, int rows, int column, int columns, double* weights, int pitch) const {
  // A grouped convolution's parts may end anywhere in these, and signs and compressed rows are read by row.
  if (is_sparse() || part_rows_ < rows_ || part_ != WeightPart::kMagnitude) {
    std::vector<double> of_row(columns);
    for (int r = 0; r < rows; ++r) {
      Read(row + r, column, columns, of_row.data());
      for (int c = 0; c < columns; ++c) weights[c * pitch + r] = of_row[c];
    }
    return;
  }
  const int64_t offset = row * row_stride_ + column * column_stride_;
  if (float_data_ != nullptr) {
    modlab::ReadTurned(float_data_ + offset, row_stride_, column_stride_, rows, columns, weights, pitch);
  } else {
    modlab::ReadTurned(double_data_ + offset, row_stride_, column_stride_, rows, columns, weights, pitch);
  }
  for (int c = 0; c < columns; ++c) {
    double* const of_column = weights + static_cast<int64_t>(c) * pitch;
    // In the order of Read, so that the same weight is the same number.
    if (row_scale_ != nullptr) Scale(row_scale_ + row, rows, of_column);
    if (column_scale_ != nullptr) Scale(column_scale_[column + c], rows, of_column);
    ApplyThreshold(rows, of_column);
  }
}

ChunkedRows::ChunkedRows(const UnitGraph& graph) {
  blocks.reserve(graph.blocks().size());
  for (const Block& block : graph.blocks()) {
    const BlockRows& rows = blocks.emplace_back(graph, block);
    if (rows.columns() == 0 || rows.rows() == 0) continue;
    for (int first_row = 0, last_row = 0; first_row < rows.rows(); first_row = last_row) {
      last_row = EndOfChunk(rows, first_row);
      const BlockRows::Columns columns = rows.ColumnsOf(first_row, last_row);
      chunks.push_back({.block = static_cast<int>(blocks.size()) - 1,
                        .first_row = first_row,
                        .last_row = last_row,
                        .first_column = columns.first,
                        .last_column = columns.last});
    }
  }
}

std::vector<int> ConnectedComponents(const UnitGraph& graph, const RunContext& context) {
  const ChunkedRows rows(graph);
  DisjointSets sets(graph.units());
  std::vector<char> has_edges(graph.units(), 0);
  std::vector<double> weights;
  for (const RowChunk& chunk : rows.chunks) {
    context.CheckCancelled();
    const BlockRows& block = rows.blocks[chunk.block];
    for (int row = chunk.first_row; row < chunk.last_row; ++row) {
      const int row_unit = block.first_row_unit() + row;
      int root = sets.Find(row_unit);
      block.EntriesOf(row, weights).ForEach([&](int column, double weight) {
        if (weight == 0) return;
        const int column_unit = block.first_column_unit() + column;
        has_edges[row_unit] = has_edges[column_unit] = 1;
        root = sets.Join(root, column_unit);
      });
    }
  }

  std::vector<int> components(graph.units(), -1);
  int count = 0;
  for (int unit = 0; unit < graph.units(); ++unit) {
    if (has_edges[unit] == 0) continue;
    const int root = sets.Find(unit);  // the smallest member, so it is numbered before the others
    components[unit] = root == unit ? count++ : components[root];
  }
  return components;
}

}  // namespace modlab
