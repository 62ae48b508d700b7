#include "core/dataset/npy.h"

#include <algorithm>
#include <cstring>

#include "core/dataset/npy_header.h"

namespace modlab {
namespace {

/// From column-major order (the first index runs fastest) to row-major: a matrix of the first and the last dimension
/// for each combination of those between, transposed tile by tile, as cache lines want it.
template <typename Word>
void ToRowMajor(const std::byte* from, const std::vector<int64_t>& shape, std::byte* to) {
  constexpr int64_t tile = 32;
  const size_t rank = shape.size();
  const int64_t rows = shape.front();
  const int64_t columns = shape.back();
  int64_t between = 1;
  for (size_t i = 1; i + 1 < rank; ++i) between *= shape[i];
  std::vector<int64_t> index(rank, 0);
  for (int64_t middle = 0; middle < between; ++middle) {  // in the order of `to`
    int64_t place = 0;                                    // of this combination in `from`
    for (size_t i = rank - 1; i-- > 1;) place = place * shape[i] + index[i];
    for (int64_t row_tile = 0; row_tile < rows; row_tile += tile) {
      for (int64_t column_tile = 0; column_tile < columns; column_tile += tile) {
        for (int64_t row = row_tile; row < std::min(rows, row_tile + tile); ++row) {
          for (int64_t column = column_tile; column < std::min(columns, column_tile + tile); ++column) {
            std::memcpy(to + ((row * between + middle) * columns + column) * static_cast<int64_t>(sizeof(Word)),
                        from + ((column * between + place) * rows + row) * static_cast<int64_t>(sizeof(Word)),
                        sizeof(Word));
          }
        }
      }
    }
    for (size_t i = rank - 1; i-- > 1;) {
      if (++index[i] < shape[i]) break;
      index[i] = 0;
    }
  }
}

}  // namespace

Array ReadNpy(const Content& content) {
  NpyHeader header = ReadNpyHeader(content);
  const int64_t size = content.CheckArray(header.type, header.shape, header.shape_offset, header.data_offset);
  const bool transposed = header.fortran_order && header.shape.size() > 1;
  const bool swapped = header.big_endian && SizeOf(header.type) > 1;
  if (!transposed && !swapped) return content.ArrayAt(header.type, std::move(header.shape), header.data_offset);
  content.CheckCopy(size, "the array");
  if (header.type == ElementType::kBool) content.ArrayAt(header.type, header.shape, header.data_offset);
  const std::byte* const from = content.bytes.data() + header.data_offset;
  NewArray array(header.type, header.shape);
  if (!transposed) {
    std::memcpy(array.target, from, static_cast<size_t>(size));
  } else {
    VisitElementType(header.type,
                     [&](auto element) { ToRowMajor<decltype(element)>(from, header.shape, array.target); });
  }
  if (swapped) SwapBytes(array.target, array.array.elements(), header.type);
  return std::move(array.array);
}

}  // namespace modlab
