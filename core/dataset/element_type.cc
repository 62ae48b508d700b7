#include "core/dataset/element_type.h"

namespace modlab {
namespace {

constexpr ElementType kTypes[] = {ElementType::kBool,    ElementType::kUint8,  ElementType::kInt8,
                                  ElementType::kInt16,   ElementType::kInt32,  ElementType::kInt64,
                                  ElementType::kFloat32, ElementType::kFloat64};

}  // namespace

int64_t SizeOf(ElementType type) {
  return VisitElementType(type, [](auto element) { return static_cast<int64_t>(sizeof element); });
}

const char* NameOf(ElementType type) {
  switch (type) {
    case ElementType::kBool:
      return "bool";
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kInt8:
      return "int8";
    case ElementType::kInt16:
      return "int16";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt64:
      return "int64";
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kFloat64:
      return "float64";
  }
  throw std::logic_error("an element type that does not exist");
}

std::optional<ElementType> ParseElementType(std::string_view name) {
  for (const ElementType type : kTypes) {
    if (name == NameOf(type)) return type;
  }
  return std::nullopt;
}

bool IsInteger(ElementType type) { return type != ElementType::kFloat32 && type != ElementType::kFloat64; }

}  // namespace modlab
