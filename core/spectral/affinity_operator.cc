#include "core/spectral/affinity_operator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/cpu_dispatch.h"

namespace modlab {
namespace {

/// Explicit lanes, so that sums have one order on every CPU and at every optimisation level.
using Lanes [[gnu::vector_size(4 * sizeof(double))]] = double;
constexpr int kLanes = 4;
/// Rows worked on together, and columns at a time: their weights, x and sums stay in the first-level cache.
constexpr int kRows = 4;
constexpr int kTileColumns = 512;
/// Units whose chunks are summed by one task.
constexpr int kSumSlice = 8192;

constexpr int Padded(int count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// Weights of some rows and columns of a block; the rest of the last lanes is zero.
struct Tile {
  alignas(sizeof(Lanes)) double weights[kRows][kTileColumns];
  int columns = 0;  ///< A multiple of kLanes.
};

/// Both directions of a tile at once: row_sums[r] += sum over c of w[r][c] column_x[c], and column_sums[c] += sum over
/// r of w[r][c] row_x[r].
MODLAB_CPU_DISPATCH
void ApplyTile(const Tile& tile, const double* row_x, const double* column_x, double* row_sums, double* column_sums) {
  Lanes sums[kRows] = {};
  for (int column = 0; column < tile.columns; column += kLanes) {
    Lanes x;
    Lanes column_sum;
    std::memcpy(&x, column_x + column, sizeof x);
    std::memcpy(&column_sum, column_sums + column, sizeof column_sum);
    for (int row = 0; row < kRows; ++row) {
      Lanes weight;
      std::memcpy(&weight, tile.weights[row] + column, sizeof weight);
      sums[row] += weight * x;
      column_sum += weight * row_x[row];
    }
    std::memcpy(column_sums + column, &column_sum, sizeof column_sum);
  }
  for (int row = 0; row < kRows; ++row) {
    row_sums[row] += (sums[row][0] + sums[row][1]) + (sums[row][2] + sums[row][3]);
  }
}

/// Its first half.
MODLAB_CPU_DISPATCH
void ApplyTileToRows(const Tile& tile, const double* column_x, double* row_sums) {
  Lanes sums[kRows] = {};
  for (int column = 0; column < tile.columns; column += kLanes) {
    Lanes x;
    std::memcpy(&x, column_x + column, sizeof x);
    for (int row = 0; row < kRows; ++row) {
      Lanes weight;
      std::memcpy(&weight, tile.weights[row] + column, sizeof weight);
      sums[row] += weight * x;
    }
  }
  for (int row = 0; row < kRows; ++row) {
    row_sums[row] += (sums[row][0] + sums[row][1]) + (sums[row][2] + sums[row][3]);
  }
}

/// Its second half.
MODLAB_CPU_DISPATCH
void ApplyTileToColumns(const Tile& tile, const double* row_x, double* column_sums) {
  for (int column = 0; column < tile.columns; column += kLanes) {
    Lanes column_sum;
    std::memcpy(&column_sum, column_sums + column, sizeof column_sum);
    for (int row = 0; row < kRows; ++row) {
      Lanes weight;
      std::memcpy(&weight, tile.weights[row] + column, sizeof weight);
      column_sum += weight * row_x[row];
    }
    std::memcpy(column_sums + column, &column_sum, sizeof column_sum);
  }
}

void ReadTile(const BlockRows& block, int row, int rows, int column, int columns, Tile& tile) {
  tile.columns = Padded(columns);
  for (int r = 0; r < kRows; ++r) {
    const int count = r < rows ? columns : 0;
    if (count > 0) block.Read(row + r, column, count, tile.weights[r]);
    std::fill(tile.weights[r] + count, tile.weights[r] + tile.columns, 0.0);
  }
}

/// What one chunk adds to y: to the units of its rows and to those of its columns.
struct ChunkSums {
  int first_row_unit = 0;
  int rows = 0;
  int first_column_unit = 0;
  int columns = 0;
  int row_pitch = 0;
  int column_pitch = 0;
  std::vector<double> row_sums;     ///< [vectors][row_pitch]
  std::vector<double> column_sums;  ///< [vectors][column_pitch]
};

bool IsZero(const double* x, int units, int vectors, int first, int count) {
  for (int vector = 0; vector < vectors; ++vector) {
    const double* const begin = x + static_cast<int64_t>(vector) * units + first;
    if (std::any_of(begin, begin + count, [](double value) { return value != 0; })) return false;
  }
  return true;
}

ChunkSums ApplyChunk(const BlockRows& block, const RowChunk& chunk, const double* x, int units, int vectors) {
  ChunkSums sums;
  sums.first_row_unit = block.first_row_unit() + chunk.first_row;
  sums.rows = chunk.rows();
  sums.first_column_unit = block.first_column_unit() + chunk.first_column;
  sums.columns = chunk.columns();
  sums.row_pitch = (sums.rows + kRows - 1) / kRows * kRows;
  sums.column_pitch = Padded(sums.columns);
  sums.row_sums.assign(static_cast<size_t>(vectors) * sums.row_pitch, 0.0);
  sums.column_sums.assign(static_cast<size_t>(vectors) * sums.column_pitch, 0.0);

  // Zeros add nothing.
  const bool to_rows = !IsZero(x, units, vectors, sums.first_column_unit, sums.columns);
  const bool to_columns = !IsZero(x, units, vectors, sums.first_row_unit, sums.rows);
  if (!to_rows && !to_columns) return sums;

  Tile tile;
  std::vector<double> column_x(static_cast<size_t>(vectors) * kTileColumns, 0.0);  // zero behind the last column
  for (int column = 0; column < sums.columns; column += kTileColumns) {
    const int columns = std::min(kTileColumns, sums.columns - column);
    for (int vector = 0; vector < vectors; ++vector) {
      std::copy_n(x + static_cast<int64_t>(vector) * units + sums.first_column_unit + column, columns,
                  column_x.begin() + static_cast<int64_t>(vector) * kTileColumns);
    }
    for (int row = 0; row < sums.rows; row += kRows) {
      const int rows = std::min(kRows, sums.rows - row);
      ReadTile(block, chunk.first_row + row, rows, chunk.first_column + column, columns, tile);
      for (int vector = 0; vector < vectors; ++vector) {
        std::array<double, kRows> row_x{};
        std::copy_n(x + static_cast<int64_t>(vector) * units + sums.first_row_unit + row, rows, row_x.begin());
        const double* const tile_x = column_x.data() + static_cast<int64_t>(vector) * kTileColumns;
        double* const row_sums = sums.row_sums.data() + static_cast<int64_t>(vector) * sums.row_pitch + row;
        double* const column_sums = sums.column_sums.data() + static_cast<int64_t>(vector) * sums.column_pitch + column;
        if (!to_columns) {
          ApplyTileToRows(tile, tile_x, row_sums);
        } else if (!to_rows) {
          ApplyTileToColumns(tile, row_x.data(), column_sums);
        } else {
          ApplyTile(tile, row_x.data(), tile_x, row_sums, column_sums);
        }
      }
    }
  }
  return sums;
}

/// y[i] += sums[i - first] for those of `count` units from `first` on that lie in the slice.
void AddRange(const double* sums, int first, int count, int slice_first, int slice_last, double* y) {
  const int last = std::min(first + count, slice_last);
  for (int unit = std::max(first, slice_first); unit < last; ++unit) y[unit] += sums[unit - first];
}

}  // namespace

BlockAffinity::BlockAffinity(const UnitGraph& graph, RunContext& context)
    : graph_(graph), context_(context), rows_(graph), degrees_(graph.units()) {
  const std::vector<double> ones(graph.units(), 1.0);
  Apply(ones.data(), degrees_.data(), 1);
}

std::optional<std::vector<char>> BlockAffinity::Sides() const {
  const size_t groups = graph_.groups().size();
  std::vector<std::vector<int>> neighbours(groups);
  for (const Block& block : graph_.blocks()) {
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
  std::vector<char> sides;
  for (size_t group = 0; group < groups; ++group) {
    sides.insert(sides.end(), graph_.groups()[group].units, side_of[group]);
  }
  return sides;
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
        AddRange(chunk.row_sums.data() + static_cast<int64_t>(column) * chunk.row_pitch, chunk.first_row_unit,
                 chunk.rows, first, last, column_y);
        AddRange(chunk.column_sums.data() + static_cast<int64_t>(column) * chunk.column_pitch, chunk.first_column_unit,
                 chunk.columns, first, last, column_y);
      }
    }
  });
}

}  // namespace modlab
