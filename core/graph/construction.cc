#include "core/graph/construction.h"

#include <algorithm>

namespace modlab::reader {
namespace {

namespace prim = c10::prim;
using Values = std::vector<c10::IValue>;
using torch::jit::Node;

c10::IValue MakeList(const Node& node, Values elements) {
  c10::impl::GenericList list(node.output()->type()->expectRef<c10::ListType>().getElementType());
  for (c10::IValue& element : elements) list.push_back(std::move(element));
  return list;
}

c10::IValue MakeDict(const Node& node, const Values& keys_and_values) {
  const auto& type = node.output()->type()->expectRef<c10::DictType>();
  c10::impl::GenericDict dict(type.getKeyType(), type.getValueType());
  for (size_t i = 0; i + 1 < keys_and_values.size(); i += 2) {
    dict.insert_or_assign(keys_and_values[i], keys_and_values[i + 1]);
  }
  return dict;
}

c10::IValue MakeTuple(const Node& node, Values elements) {
  const auto type = node.output()->type()->expect<c10::TupleType>();
  if (type->name()) return c10::ivalue::Tuple::createNamed(std::move(elements), type);
  return c10::ivalue::Tuple::create(std::move(elements));
}

c10::IValue MakeObject(const Node& node) {
  const auto type = node.output()->type()->expect<c10::ClassType>();
  return c10::ivalue::Object::create(c10::StrongTypePtr(type->compilation_unit(), type), type->numAttributes());
}

c10::IValue IsInstance(const Node& node, const c10::IValue& value) {
  const std::vector<c10::TypePtr>& types = node.tys(c10::attr::types);
  const c10::TypePtr own = value.type();
  return std::any_of(types.begin(), types.end(), [&](const c10::TypePtr& type) { return own->isSubtypeOf(*type); });
}

Values TupleElements(const c10::IValue& tuple) {
  const auto& elements = tuple.toTupleRef().elements();
  return Values(elements.begin(), elements.end());
}

}  // namespace

bool IsConstruction(const Node& node) {
  switch (node.kind()) {
    case prim::ListConstruct:
    case prim::ListUnpack:
    case prim::TupleConstruct:
    case prim::TupleUnpack:
    case prim::TupleSlice:
    case prim::DictConstruct:
    case prim::CreateObject:
    case prim::isinstance:
      return true;
    default:
      return false;
  }
}

Values Construct(const Node& node, Values arguments) {
  switch (node.kind()) {
    case prim::ListConstruct:
      return {MakeList(node, std::move(arguments))};
    case prim::ListUnpack:
      return arguments[0].toListRef().vec();
    case prim::TupleConstruct:
      return {MakeTuple(node, std::move(arguments))};
    case prim::TupleUnpack:
      return TupleElements(arguments[0]);
    case prim::TupleSlice: {
      const Values elements = TupleElements(arguments[0]);
      Values slice(elements.begin() + node.i(c10::attr::beg), elements.begin() + node.i(c10::attr::end));
      return {c10::ivalue::Tuple::create(std::move(slice))};
    }
    case prim::DictConstruct:
      return {MakeDict(node, arguments)};
    case prim::CreateObject:
      return {MakeObject(node)};
    default:
      return {IsInstance(node, arguments[0])};
  }
}

}  // namespace modlab::reader
