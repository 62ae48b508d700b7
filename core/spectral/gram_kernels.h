#pragma once

#include <cstddef>

namespace modlab {

/// Columns of a panel: a matrix [rows][kPanelColumns], row-major.
inline constexpr int kPanelColumns = 8;

/// square += left^T right, [kPanelColumns][kPanelColumns]. Every entry is a sum over the rows in their order, so it is
/// the same on every x86-64 CPU.
void AddPanelProduct(const double* left, const double* right, int rows, double* square);

/// Columns of a symmetric matrix that are applied together.
inline constexpr int kGramColumns = 4;

/// Both triangles of entries below the diagonal at once: for the columns columns[c * stride], c < kGramColumns, of
/// `rows` entries each, y_rows += columns * x_columns and y_columns += columns^T * x_rows. The same on every x86-64
/// CPU.
void AddSymmetricProduct(const double* columns, ptrdiff_t stride, int rows, const double* x_rows,
                         const double* x_columns, double* y_rows, double* y_columns);

}  // namespace modlab
