#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/dataset/element_type.h"
#include "core/dataset/span.h"

namespace modlab {

/// An array in memory, or in a mapped file: never changed once it is made, cheap to copy (copies share the elements).
/// Safe to read from any number of threads.
struct Array {
  ElementType type = ElementType::kFloat32;
  /// None negative. Their product times the element's size is bytes.size().
  std::vector<int64_t> shape;
  /// Row-major, little-endian, aligned to the element's size.
  Span<const std::byte> bytes;
  /// Keeps `bytes` alive.
  std::shared_ptr<const void> owner;

  int64_t elements() const { return static_cast<int64_t>(bytes.size()) / SizeOf(type); }
  /// Of arrays of at least one dimension.
  int64_t rows() const { return shape.at(0); }
  /// Elements of one row; 1 where the array has one dimension.
  int64_t row_elements() const;

  /// The elements, as what they are stored as. Throws std::logic_error where that is another type; uint8_t reads bools,
  /// too.
  template <typename Element>
  Span<const Element> Values() const {
    if (ElementTypeOf<Element>::kType != type && !(sizeof(Element) == 1 && type == ElementType::kBool)) {
      throw std::logic_error(std::string("elements are ") + NameOf(type));
    }
    return {reinterpret_cast<const Element*>(bytes.data()), bytes.size() / sizeof(Element)};
  }
};

struct NamedArray {
  std::string name;
  Array array;
};

/// One element (0 <= element < elements(), row-major), rounded to double.
double At(const Array& array, int64_t element);

/// The bytes that an array takes; none where they, or its elements, are more than int64_t counts, or a dimension is
/// negative.
std::optional<int64_t> BytesOf(ElementType type, Span<const int64_t> shape);

/// `rows` rows from `first` on, which must be there; they share the array's elements.
Array RowsOf(const Array& array, int64_t first, int64_t rows);

/// `[60000, 28, 28]`.
std::string ShapeText(Span<const int64_t> shape);

/// An array that is yet to be filled, by whoever has just made it: `target` are its bytes, of no particular value, at a
/// multiple of 64. Throws std::bad_alloc, also where BytesOf gives none.
struct NewArray {
  NewArray(ElementType type, std::vector<int64_t> shape);

  /// The bytes as elements.
  template <typename Element>
  Element* Target() {
    array.Values<Element>();
    return reinterpret_cast<Element*>(target);
  }

  Array array;
  std::byte* target = nullptr;
};

/// An array of those values, of the type that they have. Throws std::logic_error if the shape has another number.
template <typename Element>
Array MakeArray(std::vector<int64_t> shape, std::vector<Element> values) {
  constexpr ElementType type = ElementTypeOf<Element>::kType;
  if (BytesOf(type, shape) != static_cast<int64_t>(values.size() * sizeof(Element))) {
    throw std::logic_error("a shape of another number of values");
  }
  const auto owner = std::make_shared<const std::vector<Element>>(std::move(values));
  return {type,
          std::move(shape),
          {reinterpret_cast<const std::byte*>(owner->data()), owner->size() * sizeof(Element)},
          owner};
}

}  // namespace modlab
