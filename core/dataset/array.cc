#include "core/dataset/array.h"

#include <cstdlib>
#include <new>

namespace modlab {

int64_t Array::row_elements() const {
  int64_t product = 1;
  for (size_t i = 1; i < shape.size(); ++i) product *= shape[i];
  return product;
}

double At(const Array& array, int64_t element) {
  return VisitElementType(array.type, [&](auto type) {
    return static_cast<double>(array.Values<decltype(type)>()[static_cast<size_t>(element)]);
  });
}

std::optional<int64_t> BytesOf(ElementType type, Span<const int64_t> shape) {
  // A dimension of 0 makes nothing of those that would be too many: these are still no array's.
  int64_t bytes = SizeOf(type);
  bool empty = false;
  for (const int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(bytes, dimension, &bytes)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : bytes;
}

Array RowsOf(const Array& array, int64_t first, int64_t rows) {
  if (first < 0 || rows < 0 || rows > array.rows() - first) throw std::logic_error("rows that are not there");
  const int64_t row_bytes = array.row_elements() * SizeOf(array.type);
  Array part = array;
  part.shape[0] = rows;
  part.bytes = {array.bytes.data() + first * row_bytes, static_cast<size_t>(rows * row_bytes)};
  return part;
}

std::string ShapeText(Span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

NewArray::NewArray(ElementType type, std::vector<int64_t> shape) {
  const std::optional<int64_t> bytes = BytesOf(type, shape);
  constexpr int64_t alignment = 64;
  if (!bytes || *bytes > INT64_MAX - alignment) throw std::bad_alloc();
  const int64_t whole = (*bytes / alignment + 1) * alignment;
  std::shared_ptr<void> memory(std::aligned_alloc(alignment, static_cast<size_t>(whole)), &std::free);
  if (memory == nullptr) throw std::bad_alloc();
  target = static_cast<std::byte*>(memory.get());
  array = {type, std::move(shape), {target, static_cast<size_t>(*bytes)}, std::move(memory)};
}

}  // namespace modlab
