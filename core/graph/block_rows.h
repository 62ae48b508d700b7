#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// Entries of one row, in memory that the next row's may take.
struct RowEntries {
  const int* columns = nullptr;  ///< Ascending; null: first_column, first_column + 1, ...
  int first_column = 0;
  int count = 0;
  const double* weights = nullptr;

  /// Calls take(column, weight) for each.
  template <typename Take>
  void ForEach(const Take& take) const {
    if (columns == nullptr) {
      for (int i = 0; i < count; ++i) take(first_column + i, weights[i]);
    } else {
      for (int i = 0; i < count; ++i) take(columns[i], weights[i]);
    }
  }
};

/// A block turned so that its rows lie along memory: rows are its target units, or its source units where those are
/// farther apart in memory; those of a sparse block are its target units. An undirected graph does not mind. Refers to
/// the block, which must outlive it.
class BlockRows {
 public:
  BlockRows(const UnitGraph& graph, const Block& block);
  /// Of a block on its own: units are numbered from 0 on either side.
  explicit BlockRows(const Block& block);

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  bool rows_are_sources() const { return sources_are_rows_; }
  /// Unit number of row 0 and of column 0.
  int first_row_unit() const { return first_row_unit_; }
  int first_column_unit() const { return first_column_unit_; }
  /// Columns, or rows, [first, last).
  struct Columns {
    int first = 0;
    int last = 0;
  };
  /// Those that some row of [first_row, last_row) has entries in.
  Columns ColumnsOf(int first_row, int last_row) const;
  /// The rows that some column of [first_column, last_column) has entries in.
  Columns RowsOf(int first_column, int last_column) const;

  /// All entries of a row that are stored, as Read gives them; those that are left out are 0. Writes them to `weights`.
  RowEntries EntriesOf(int row, std::vector<double>& weights) const;
  /// Writes the weights (absolute, or the part of them that the block has; scales applied) of `count` entries of a row,
  /// from `column` on: 0 where the block has none.
  void Read(int row, int column, int count, double* weights) const;
  /// The same of a few columns and many rows, turned: weights[c * pitch + r] is that of row `row` + r and column
  /// `column` + c. pitch >= rows.
  void ReadTurned(int row, int rows, int column, int columns, double* weights, int pitch) const;

  /// Whether rows have the entries that are stored, and no others; and where a row's begin among all that are.
  bool is_sparse() const { return row_starts_ != nullptr; }
  int row_start(int row) const { return row_starts_[row]; }

  /// For those who read weights where they lie: |data[row * stride + column]| times the scales, if set. Null where they
  /// do not lie together, some are missing, or there is a threshold or a part: then there is Read.
  const float* floats() const { return is_plain() ? float_data_ : nullptr; }
  const double* doubles() const { return is_plain() ? double_data_ : nullptr; }
  int64_t stride() const { return row_stride_; }
  const double* row_scale() const { return row_scale_; }        ///< Null: all ones.
  const double* column_scale() const { return column_scale_; }  ///< Null: all ones.

 private:
  bool is_plain() const {
    return !is_sparse() && column_stride_ == 1 && part_rows_ == rows_ && threshold_ <= 0 &&
           part_ == WeightPart::kMagnitude;
  }
  void ReadPresent(int row, int column, int count, double* weights) const;
  void ReadStored(int row, int first, int count, double* weights) const;
  void ReadSparse(int row, int column, int count, double* weights) const;
  void ReadElements(int row, const RowEntries& entries, int64_t offset, int64_t stride, double* weights) const;
  void ReadPart(int row, const RowEntries& entries, int64_t offset, int64_t stride, double* weights) const;
  void ApplyThreshold(int count, double* weights) const;
  BlockRows(const Block& block, int first_target_unit, int first_source_unit);

  const float* float_data_;
  const double* double_data_;
  int rows_;
  int columns_;
  int64_t row_stride_;
  int64_t column_stride_;
  int first_row_unit_;
  int first_column_unit_;
  const double* row_scale_;     ///< Null: all ones.
  const double* column_scale_;  ///< Null: all ones.
  double threshold_;
  // Of a grouped convolution: rows and columns of one part, and whether its sources are the rows.
  int part_rows_;
  int part_columns_;
  bool sources_are_rows_ = false;
  const int* row_starts_;  ///< Null: dense.
  const int* row_columns_;
  WeightPart part_;
  const BlockSigns* signs_;  ///< Null: no signs are turned.
};

/// Some rows of one block, and the columns that may have entries in them: the unit of parallel work. Chunks depend on
/// the graph only, so sums kept for each chunk and added in the chunks' order are the same for any number of threads.
struct RowChunk {
  int block = 0;  ///< Index into the blocks.
  int first_row = 0;
  int last_row = 0;  ///< One past the last.
  int first_column = 0;
  int last_column = 0;

  int rows() const { return last_row - first_row; }
  int columns() const { return last_column - first_column; }
};

/// A graph's blocks as rows, cut into chunks of about the same number of entries. The graph must outlive it.
struct ChunkedRows {
  explicit ChunkedRows(const UnitGraph& graph);
  std::vector<BlockRows> blocks;
  std::vector<RowChunk> chunks;
};

/// For every unit its connected component, numbered by their first unit; -1 for units without edges. Reads every weight
/// once, no edge list. Checks for cancellation.
std::vector<int> ConnectedComponents(const UnitGraph& graph, const RunContext& context);

}  // namespace modlab
