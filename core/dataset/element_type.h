#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace modlab {

/// What an array's elements are. All little-endian; a bool is a byte that is 0 or 1.
enum class ElementType { kBool, kUint8, kInt8, kInt16, kInt32, kInt64, kFloat32, kFloat64 };

/// Bytes of one element.
int64_t SizeOf(ElementType type);
/// As PyTorch and NumPy have it: `bool`, `uint8`, `int64`, `float32`, ...
const char* NameOf(ElementType type);
/// The type of that name, if there is one.
std::optional<ElementType> ParseElementType(std::string_view name);
/// Whether it is neither float32 nor float64; a bool is an integer, too.
bool IsInteger(ElementType type);

/// The type that is stored as a C++ type. A bool is stored, and read, as uint8_t.
template <typename Element>
struct ElementTypeOf;
template <>
struct ElementTypeOf<uint8_t> {
  static constexpr ElementType kType = ElementType::kUint8;
};
template <>
struct ElementTypeOf<int8_t> {
  static constexpr ElementType kType = ElementType::kInt8;
};
template <>
struct ElementTypeOf<int16_t> {
  static constexpr ElementType kType = ElementType::kInt16;
};
template <>
struct ElementTypeOf<int32_t> {
  static constexpr ElementType kType = ElementType::kInt32;
};
template <>
struct ElementTypeOf<int64_t> {
  static constexpr ElementType kType = ElementType::kInt64;
};
template <>
struct ElementTypeOf<float> {
  static constexpr ElementType kType = ElementType::kFloat32;
};
template <>
struct ElementTypeOf<double> {
  static constexpr ElementType kType = ElementType::kFloat64;
};

/// Calls visit(element) with a value of the C++ type that `type` is stored as, for the sake of its type.
template <typename Visitor>
[[gnu::always_inline]] inline decltype(auto) VisitElementType(ElementType type, Visitor&& visit) {
  switch (type) {
    case ElementType::kBool:
    case ElementType::kUint8:
      return visit(uint8_t{});
    case ElementType::kInt8:
      return visit(int8_t{});
    case ElementType::kInt16:
      return visit(int16_t{});
    case ElementType::kInt32:
      return visit(int32_t{});
    case ElementType::kInt64:
      return visit(int64_t{});
    case ElementType::kFloat32:
      return visit(float{});
    case ElementType::kFloat64:
      return visit(double{});
  }
  throw std::logic_error("an element type that does not exist");
}

}  // namespace modlab
