#pragma once

namespace modlab {

/// Columns of a panel: a matrix [rows][kPanelColumns], row-major.
inline constexpr int kPanelColumns = 8;

/// square += left^T right, [kPanelColumns][kPanelColumns]. Every entry is a sum over the rows in their order, so it is
/// the same on every x86-64 CPU.
void AddPanelProduct(const double* left, const double* right, int rows, double* square);

}  // namespace modlab
