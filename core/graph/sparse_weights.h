#pragma once

#include <torch/script.h>

#include "core/graph/sparse_entries.h"

namespace modlab::reader {

/// Whether a tensor has a sparse layout, of any kind.
bool IsSparse(const at::Tensor& tensor);

/// The tensor that the elements of a sparse one are in; another tensor itself.
at::Tensor Elements(const at::Tensor& tensor);

/// Checks that a sparse tensor is a matrix whose indices lie in it: LibTorch takes them as they are, and reads and
/// writes wherever they point. Errors: std::invalid_argument, whose text completes "has sparse weights ...".
void CheckIndices(const at::Tensor& matrix);

/// A sparse matrix, or its transposed, as the graph reader works with them: layout CSR, indices of 32 bits, columns
/// ascending in every row, duplicates added up. A copy. Errors: those of CheckIndices, and std::invalid_argument for
/// other types than float32 and float64.
at::Tensor CompressedRows(const at::Tensor& matrix, bool transposed);

/// Another such matrix with entries in the same places.
at::Tensor WithElements(const at::Tensor& compressed_rows, const at::Tensor& elements);

/// The same as a dense matrix.
at::Tensor Dense(const at::Tensor& compressed_rows);

/// Indices of such a matrix, where they lie.
inline const int* RowStarts(const at::Tensor& compressed_rows) {
  return compressed_rows.crow_indices().data_ptr<int>();
}
inline const int* Columns(const at::Tensor& compressed_rows) { return compressed_rows.col_indices().data_ptr<int>(); }

}  // namespace modlab::reader
