#include "core/graph/sparse_weights.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace modlab::reader {
namespace {

at::Tensor Indices64(const at::Tensor& indices) { return indices.to(at::kLong).contiguous(); }

void CheckInRange(const int64_t* indices, int64_t count, int64_t size) {
  const bool in_range =
      std::all_of(indices, indices + count, [&](int64_t index) { return index >= 0 && index < size; });
  if (!in_range) throw std::invalid_argument("with an index out of range");
}

bool IsCsc(const at::Tensor& tensor) { return tensor.layout() == at::kSparseCsc; }

/// Row starts and columns of a matrix in the layout CSR, or those of the transposed of one in the layout CSC.
struct CompressedIndices {
  explicit CompressedIndices(const at::Tensor& matrix)
      : starts(Indices64(IsCsc(matrix) ? matrix.ccol_indices() : matrix.crow_indices())),
        columns(Indices64(IsCsc(matrix) ? matrix.row_indices() : matrix.col_indices())) {}

  at::Tensor starts;
  at::Tensor columns;
};

void CheckCompressed(const at::Tensor& matrix, int64_t count) {
  const CompressedIndices indices(matrix);
  const int64_t rows = matrix.size(IsCsc(matrix) ? 1 : 0);
  const auto* const start = indices.starts.data_ptr<int64_t>();
  if (indices.starts.numel() != rows + 1 || indices.columns.numel() != count || start[0] != 0 || start[rows] != count ||
      !std::is_sorted(start, start + rows + 1)) {
    throw std::invalid_argument("whose row starts do not fit its entries");
  }
  CheckInRange(indices.columns.data_ptr<int64_t>(), count, matrix.size(IsCsc(matrix) ? 0 : 1));
}

SparsePattern PatternOfCompressed(const at::Tensor& matrix, int64_t count) {
  const CompressedIndices indices(matrix);
  const auto* const start = indices.starts.data_ptr<int64_t>();
  const auto* const column = indices.columns.data_ptr<int64_t>();
  SparsePattern pattern;
  pattern.starts.assign(start, start + indices.starts.numel());
  pattern.columns.assign(column, column + count);
  return pattern;
}

/// Entries of a matrix in the layout COO, by row, otherwise in their order.
template <typename Element>
SparseEntries<Element> EntriesOfCoo(const at::Tensor& matrix, const Element* elements, int64_t count) {
  const at::Tensor indices = Indices64(matrix._indices());
  const auto* const rows = indices.data_ptr<int64_t>();
  const auto* const columns = rows + count;
  SparseEntries<Element> entries;
  std::vector<int>& starts = entries.pattern.starts;
  starts.assign(matrix.size(0) + 1, 0);
  for (int64_t i = 0; i < count; ++i) ++starts[rows[i] + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  entries.pattern.columns.resize(count);
  entries.values.resize(count);
  std::vector<int> next(starts.begin(), starts.end() - 1);
  for (int64_t i = 0; i < count; ++i) {
    const int place = next[rows[i]]++;
    entries.pattern.columns[place] = static_cast<int>(columns[i]);
    entries.values[place] = elements[i];
  }
  return entries;
}

/// Calls at_row(first, last) for every row's entries.
template <typename AtRow>
bool AllRows(const SparsePattern& pattern, const AtRow& at_row) {
  for (int row = 0; row < pattern.rows(); ++row) {
    if (!at_row(pattern.starts[row], pattern.starts[row + 1])) return false;
  }
  return true;
}

bool IsSorted(const SparsePattern& pattern) {
  return AllRows(pattern, [&](int first, int last) {
    return std::is_sorted(pattern.columns.begin() + first, pattern.columns.begin() + last);
  });
}

/// Makes entries at the same place, which follow each other, one.
template <typename Element>
void AddUp(SparseEntries<Element>& entries) {
  SparsePattern& pattern = entries.pattern;
  const bool distinct = AllRows(pattern, [&](int first, int last) {
    const auto end = pattern.columns.begin() + last;
    return std::adjacent_find(pattern.columns.begin() + first, end) == end;
  });
  if (distinct) return;
  int kept = 0;
  int first = 0;
  for (int row = 0; row < pattern.rows(); ++row) {
    const int last = std::exchange(pattern.starts[row + 1], 0);
    const int row_start = kept;
    for (int i = first; i < last; ++i) {
      if (kept > row_start && pattern.columns[kept - 1] == pattern.columns[i]) {
        entries.values[kept - 1] += entries.values[i];
        continue;
      }
      pattern.columns[kept] = pattern.columns[i];
      entries.values[kept++] = entries.values[i];
    }
    pattern.starts[row + 1] = kept;
    first = last;
  }
  pattern.columns.resize(kept);
  entries.values.resize(kept);
}

/// A tensor of a vector's memory, which `owner` keeps.
template <typename Item>
at::Tensor TensorOf(const std::vector<Item>& items, const std::shared_ptr<const void>& owner) {
  // LibTorch takes what may be written to; nobody does.
  auto* const data = const_cast<Item*>(items.data());
  return at::from_blob(
      data, {static_cast<int64_t>(items.size())}, [owner](void*) {},
      at::TensorOptions(c10::CppTypeToScalarType<Item>()));
}

at::Tensor Assemble(const at::Tensor& starts, const at::Tensor& columns, const at::Tensor& elements,
                    at::IntArrayRef shape) {
  return at::_sparse_csr_tensor_unsafe(starts, columns, elements, shape, elements.options().layout(at::kSparseCsr));
}

template <typename Element>
at::Tensor Compressed(const at::Tensor& matrix, bool transposed) {
  const at::Tensor elements = Elements(matrix).contiguous();
  const auto* const data = elements.data_ptr<Element>();
  const int64_t count = elements.numel();
  constexpr int64_t most = std::numeric_limits<int>::max();
  if (count > most || matrix.size(0) >= most || matrix.size(1) >= most) {
    throw std::invalid_argument("with more than 2^31 entries, rows or columns");
  }
  SparseEntries<Element> entries;
  if (matrix.is_sparse()) {
    entries = EntriesOfCoo(matrix, data, count);
  } else {
    entries = {PatternOfCompressed(matrix, count), std::vector<Element>(data, data + count)};
    transposed = transposed != IsCsc(matrix);
  }
  const auto columns = static_cast<int>(matrix.size(IsCsc(matrix) ? 0 : 1));
  const int rows = entries.pattern.rows();
  if (transposed) {
    entries = Transposed(entries, columns);
  } else if (!IsSorted(entries.pattern)) {
    entries = Transposed(Transposed(entries, columns), rows);
  }
  AddUp(entries);
  const auto owner = std::make_shared<const SparseEntries<Element>>(std::move(entries));
  const std::vector<int64_t> shape = {owner->pattern.rows(), transposed ? rows : columns};
  return Assemble(TensorOf(owner->pattern.starts, owner), TensorOf(owner->pattern.columns, owner),
                  TensorOf(owner->values, owner), shape);
}

}  // namespace

bool IsSparse(const at::Tensor& tensor) {
  return tensor.defined() && tensor.layout() != at::kStrided && tensor.layout() != at::kMkldnn;
}

at::Tensor Elements(const at::Tensor& tensor) {
  if (!IsSparse(tensor)) return tensor;
  return tensor.is_sparse() ? tensor._values() : tensor.values();
}

void CheckIndices(const at::Tensor& matrix) {
  if (!matrix.is_sparse() && !matrix.is_sparse_csr() && !IsCsc(matrix)) {
    throw std::invalid_argument("in another layout than COO, CSR and CSC");
  }
  const bool is_matrix = matrix.dim() == 2 && Elements(matrix).dim() == 1 &&
                         (!matrix.is_sparse() || (matrix._indices().dim() == 2 && matrix._indices().size(0) == 2 &&
                                                  matrix._indices().size(1) == matrix._values().numel()));
  if (!is_matrix || matrix.size(0) < 0 || matrix.size(1) < 0) {
    throw std::invalid_argument("that are no matrix of numbers");
  }
  const int64_t count = Elements(matrix).numel();
  if (!matrix.is_sparse()) return CheckCompressed(matrix, count);
  const at::Tensor indices = Indices64(matrix._indices());
  for (const int axis : {0, 1}) CheckInRange(indices.data_ptr<int64_t>() + axis * count, count, matrix.size(axis));
}

at::Tensor CompressedRows(const at::Tensor& matrix, bool transposed) {
  CheckIndices(matrix);
  switch (matrix.scalar_type()) {
    case at::kFloat:
      return Compressed<float>(matrix, transposed);
    case at::kDouble:
      return Compressed<double>(matrix, transposed);
    default:
      throw std::invalid_argument(std::string("of type ") + c10::toString(matrix.scalar_type()) +
                                  ", and float32 and float64 can be read");
  }
}

at::Tensor WithElements(const at::Tensor& compressed_rows, const at::Tensor& elements) {
  return Assemble(compressed_rows.crow_indices(), compressed_rows.col_indices(), elements, compressed_rows.sizes());
}

at::Tensor Dense(const at::Tensor& compressed_rows) {
  const at::Tensor elements = compressed_rows.values();
  at::Tensor dense = at::zeros(compressed_rows.sizes(), elements.options());
  const at::Tensor rows = at::repeat_interleave(compressed_rows.crow_indices().diff().to(at::kLong));
  dense.index_put_({rows, compressed_rows.col_indices().to(at::kLong)}, elements);
  return dense;
}

}  // namespace modlab::reader
