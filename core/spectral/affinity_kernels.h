#pragma once

#include <cstdint>

namespace modlab {

/// Rows that are worked on together, at most.
constexpr int kTileRows = 4;

/// Weights that lie together: those of row r are |data[r * stride]|, |data[r * stride + 1]|, ...
template <typename Element>
struct Tile {
  const Element* data = nullptr;
  int64_t stride = 0;
  int rows = 0;  ///< 1 ... kTileRows
  int columns = 0;
};

/// Which directions of a tile are wanted: where x is zero the other one adds nothing.
struct Directions {
  bool to_rows = true;
  bool to_columns = true;
};

/// Both directions of a tile at once: row_sums[r] += sum over c of w[r][c] column_x[c], and column_sums[c] += sum over
/// r of w[r][c] row_x[r]; what is not wanted may be null. Sums have one order on every x86-64 CPU and at every
/// optimisation level.
void ApplyTile(const Tile<float>& tile, Directions directions, const double* row_x, const double* column_x,
               double* row_sums, double* column_sums);
void ApplyTile(const Tile<double>& tile, Directions directions, const double* row_x, const double* column_x,
               double* row_sums, double* column_sums);

}  // namespace modlab
