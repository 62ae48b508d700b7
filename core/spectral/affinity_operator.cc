#include "core/spectral/affinity_operator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/spectral/affinity_kernels.h"
#include "core/spectral/gram_matrix.h"

namespace modlab {
namespace {

/// Columns at a time: their weights, x and sums stay in the first-level cache.
constexpr int kTileColumns = 1024;
/// Units whose chunks are summed by one task.
constexpr int kSumSlice = 8192;

/// What one chunk adds to y: to the units of its rows and to those of its columns.
struct ChunkSums {
  int first_row_unit = 0;
  int rows = 0;
  int first_column_unit = 0;
  int columns = 0;
  std::vector<double> row_sums;     ///< [vectors][rows]; empty: all zero.
  std::vector<double> column_sums;  ///< [vectors][columns]; empty: all zero.
};

bool IsZero(const double* x, int units, int vectors, int first, int count) {
  for (int vector = 0; vector < vectors; ++vector) {
    const double* const begin = x + static_cast<int64_t>(vector) * units + first;
    if (std::any_of(begin, begin + count, [](double value) { return value != 0; })) return false;
  }
  return true;
}

/// Weights times scales, or as they come from BlockRows::Read.
class TileReader {
 public:
  explicit TileReader(const BlockRows& block) : block_(block) {}

  /// What the rows' and columns' x, and later their sums, have to be multiplied by; null: nothing.
  const double* row_scale() const { return in_place() ? block_.row_scale() : nullptr; }
  const double* column_scale() const { return in_place() ? block_.column_scale() : nullptr; }

  /// Calls apply(tile). The tile lives until the next call.
  template <typename Apply>
  void Read(int row, int rows, int column, int columns, const Apply& apply) {
    const int64_t offset = row * block_.stride() + column;
    if (const float* const floats = block_.floats()) {
      apply(Tile<float>{floats + offset, block_.stride(), rows, columns});
    } else if (const double* const doubles = block_.doubles()) {
      apply(Tile<double>{doubles + offset, block_.stride(), rows, columns});
    } else {
      copy_.resize(static_cast<size_t>(kTileRows) * kTileColumns);
      for (int r = 0; r < rows; ++r) block_.Read(row + r, column, columns, copy_.data() + r * kTileColumns);
      apply(Tile<double>{copy_.data(), kTileColumns, rows, columns});
    }
  }

 private:
  bool in_place() const { return block_.floats() != nullptr || block_.doubles() != nullptr; }

  const BlockRows& block_;
  std::vector<double> copy_;
};

double* At(std::vector<double>& sums, int64_t index) { return sums.empty() ? nullptr : sums.data() + index; }

/// to[i] = from[i] * scale[i], or from[i].
void CopyScaled(const double* from, const double* scale, int count, double* to) {
  for (int i = 0; i < count; ++i) to[i] = scale == nullptr ? from[i] : from[i] * scale[i];
}

/// Multiplies the sums of every vector by the scales.
void ScaleSums(const double* scale, int count, int vectors, std::vector<double>& sums) {
  if (scale == nullptr || sums.empty()) return;
  for (int vector = 0; vector < vectors; ++vector) {
    double* const of_vector = sums.data() + static_cast<int64_t>(vector) * count;
    for (int i = 0; i < count; ++i) of_vector[i] *= scale[i];
  }
}

/// What ApplyTile does, for the rows of a sparse block, whose columns are all of a chunk's.
void ApplySparse(const BlockRows& block, const RowChunk& chunk, Directions directions, const double* x, int units,
                 int vectors, ChunkSums& sums) {
  std::vector<double> weights;
  for (int row = 0; row < sums.rows; ++row) {
    const RowEntries entries = block.EntriesOf(chunk.first_row + row, weights);
    for (int vector = 0; vector < vectors; ++vector) {
      const double* const of_vector = x + static_cast<int64_t>(vector) * units;
      if (directions.to_rows) {
        const double* const column_x = of_vector + block.first_column_unit();
        double sum = 0;
        for (int i = 0; i < entries.count; ++i) sum += entries.weights[i] * column_x[entries.columns[i]];
        sums.row_sums[static_cast<size_t>(vector) * sums.rows + row] = sum;
      }
      if (directions.to_columns) {
        const double row_x = of_vector[sums.first_row_unit + row];
        double* const column_sums = sums.column_sums.data() + static_cast<int64_t>(vector) * sums.columns;
        for (int i = 0; i < entries.count; ++i) column_sums[entries.columns[i]] += entries.weights[i] * row_x;
      }
    }
  }
}

ChunkSums ApplyChunk(const BlockRows& block, const RowChunk& chunk, const double* x, int units, int vectors) {
  ChunkSums sums;
  sums.first_row_unit = block.first_row_unit() + chunk.first_row;
  sums.rows = chunk.rows();
  sums.first_column_unit = block.first_column_unit() + chunk.first_column;
  sums.columns = chunk.columns();
  const Directions directions = {.to_rows = !IsZero(x, units, vectors, sums.first_column_unit, sums.columns),
                                 .to_columns = !IsZero(x, units, vectors, sums.first_row_unit, sums.rows)};
  if (!directions.to_rows && !directions.to_columns) return sums;
  if (directions.to_rows) sums.row_sums.resize(static_cast<size_t>(vectors) * sums.rows);
  if (directions.to_columns) sums.column_sums.resize(static_cast<size_t>(vectors) * sums.columns);

  if (block.is_sparse()) {
    ApplySparse(block, chunk, directions, x, units, vectors, sums);
    return sums;
  }
  TileReader reader(block);
  const double* const row_scale = reader.row_scale() == nullptr ? nullptr : reader.row_scale() + chunk.first_row;
  const double* const column_scale =
      reader.column_scale() == nullptr ? nullptr : reader.column_scale() + chunk.first_column;
  std::vector<double> column_x(static_cast<size_t>(vectors) * kTileColumns);
  for (int column = 0; column < sums.columns; column += kTileColumns) {
    const int columns = std::min(kTileColumns, sums.columns - column);
    for (int vector = 0; vector < vectors; ++vector) {
      CopyScaled(x + static_cast<int64_t>(vector) * units + sums.first_column_unit + column,
                 column_scale == nullptr ? nullptr : column_scale + column, columns,
                 column_x.data() + static_cast<int64_t>(vector) * kTileColumns);
    }
    for (int row = 0; row < sums.rows; row += kTileRows) {
      const int rows = std::min(kTileRows, sums.rows - row);
      reader.Read(chunk.first_row + row, rows, chunk.first_column + column, columns, [&](const auto& tile) {
        for (int vector = 0; vector < vectors; ++vector) {
          std::array<double, kTileRows> row_x{};
          CopyScaled(x + static_cast<int64_t>(vector) * units + sums.first_row_unit + row,
                     row_scale == nullptr ? nullptr : row_scale + row, rows, row_x.data());
          ApplyTile(tile, directions, row_x.data(), column_x.data() + static_cast<int64_t>(vector) * kTileColumns,
                    At(sums.row_sums, static_cast<int64_t>(vector) * sums.rows + row),
                    At(sums.column_sums, static_cast<int64_t>(vector) * sums.columns + column));
        }
      });
    }
  }
  ScaleSums(row_scale, sums.rows, vectors, sums.row_sums);
  ScaleSums(column_scale, sums.columns, vectors, sums.column_sums);
  return sums;
}

/// y[i] += sums[vector][i - first] for those of `count` units from `first` on that lie in the slice.
void AddRange(const std::vector<double>& sums, int vector, int first, int count, int slice_first, int slice_last,
              double* y) {
  if (sums.empty()) return;
  const double* const of_vector = sums.data() + static_cast<int64_t>(vector) * count;
  const int last = std::min(first + count, slice_last);
  for (int unit = std::max(first, slice_first); unit < last; ++unit) y[unit] += of_vector[unit - first];
}

/// Each group's side, 0 or 1, where every block joins groups of different sides.
std::optional<std::vector<char>> GroupSides(const UnitGraph& graph) {
  const size_t groups = graph.groups().size();
  std::vector<std::vector<int>> neighbours(groups);
  for (const Block& block : graph.blocks()) {
    neighbours[block.source].push_back(block.target);
    neighbours[block.target].push_back(block.source);
  }
  std::vector<char> side_of(groups, -1);
  for (size_t start = 0; start < groups; ++start) {
    if (side_of[start] >= 0) continue;
    side_of[start] = 0;
    std::vector<int> waiting = {static_cast<int>(start)};
    while (!waiting.empty()) {
      const int group = waiting.back();
      waiting.pop_back();
      for (const int other : neighbours[group]) {
        if (side_of[other] == side_of[group]) return std::nullopt;
        if (side_of[other] >= 0) continue;
        side_of[other] = static_cast<char>(1 - side_of[group]);
        waiting.push_back(other);
      }
    }
  }
  return side_of;
}

}  // namespace

BlockAffinity::BlockAffinity(const UnitGraph& graph, RunContext& context)
    : graph_(graph), context_(context), rows_(graph), degrees_(graph.units()) {
  const std::vector<double> ones(graph.units(), 1.0);
  Apply(ones.data(), degrees_.data(), 1);
}

std::optional<std::vector<char>> BlockAffinity::Sides() const {
  const auto of_group = GroupSides(graph_);
  if (!of_group) return std::nullopt;
  std::vector<char> sides;
  for (size_t group = 0; group < of_group->size(); ++group) {
    sides.insert(sides.end(), graph_.groups()[group].units, (*of_group)[group]);
  }
  return sides;
}

std::optional<Eigen::MatrixXd> BlockAffinity::SideGram(char side, const std::vector<double>& row_scale,
                                                       int applications) const {
  std::vector<char> is_column = GroupSides(graph_).value();
  for (char& of_group : is_column) of_group = of_group == side ? 1 : 0;
  return GramMatrix(graph_, is_column, row_scale, applications, context_);
}

void BlockAffinity::Apply(const double* x, double* y, int columns) const {
  const int units = graph_.units();
  std::vector<ChunkSums> sums(rows_.chunks.size());
  context_.ParallelFor(static_cast<int>(sums.size()), [&](int index) {
    const RowChunk& chunk = rows_.chunks[index];
    sums[index] = ApplyChunk(rows_.blocks[chunk.block], chunk, x, units, columns);
  });
  context_.ParallelFor((units + kSumSlice - 1) / kSumSlice, [&](int slice) {
    const int first = slice * kSumSlice;
    const int last = std::min(first + kSumSlice, units);
    for (int column = 0; column < columns; ++column) {
      double* column_y = y + static_cast<int64_t>(column) * units;
      std::fill(column_y + first, column_y + last, 0.0);
      for (const ChunkSums& chunk : sums) {
        AddRange(chunk.row_sums, column, chunk.first_row_unit, chunk.rows, first, last, column_y);
        AddRange(chunk.column_sums, column, chunk.first_column_unit, chunk.columns, first, last, column_y);
      }
    }
  });
}

}  // namespace modlab
