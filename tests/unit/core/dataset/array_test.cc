#include "core/dataset/array.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <new>

namespace modlab {
namespace {

TEST(ElementTypes, HaveNamesAndSizes) {
  const std::pair<const char*, int64_t> expected[] = {{"bool", 1},  {"uint8", 1}, {"int8", 1},    {"int16", 2},
                                                      {"int32", 4}, {"int64", 8}, {"float32", 4}, {"float64", 8}};
  int place = 0;
  for (const auto& [name, size] : expected) {
    const auto type = static_cast<ElementType>(place++);
    EXPECT_STREQ(NameOf(type), name);
    EXPECT_EQ(SizeOf(type), size);
    EXPECT_EQ(ParseElementType(name), type);
    EXPECT_EQ(IsInteger(type), std::string(name).find("float") == std::string::npos);
  }
  EXPECT_EQ(ParseElementType("float16"), std::nullopt);
  EXPECT_EQ(ParseElementType(""), std::nullopt);
  EXPECT_EQ(ParseElementType("Float32"), std::nullopt);
}

TEST(Arrays, AreWhatTheyAreMadeOf) {
  const Array array = MakeArray<int16_t>({2, 3}, {1, -2, 3, -4, 5, -6});
  EXPECT_EQ(array.type, ElementType::kInt16);
  EXPECT_EQ(array.elements(), 6);
  EXPECT_EQ(array.rows(), 2);
  EXPECT_EQ(array.row_elements(), 3);
  EXPECT_EQ(At(array, 3), -4);
  EXPECT_EQ(array.Values<int16_t>()[5], -6);
  EXPECT_THROW(array.Values<int32_t>(), std::logic_error);
  EXPECT_THROW(array.Values<uint8_t>(), std::logic_error);
  EXPECT_EQ(MakeArray<float>({4}, {1, 2, 3, 4}).row_elements(), 1);
  EXPECT_THROW(MakeArray<float>({2, 3}, {1, 2, 3, 4}), std::logic_error);
  EXPECT_EQ(ShapeText(array.shape), "[2, 3]");
}

TEST(Arrays, CopiesShareTheElements) {
  Array copy;
  {
    const Array array = MakeArray<double>({2}, {0.5, 1.5});
    copy = array;
    EXPECT_EQ(copy.bytes.data(), array.bytes.data());
  }
  EXPECT_EQ(At(copy, 1), 1.5);
}

TEST(Arrays, AreAllocatedWhereCacheLinesStart) {
  NewArray bools(ElementType::kBool, {3, 7});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bools.target) % 64, 0U);
  EXPECT_EQ(bools.array.elements(), 21);
  bools.Target<uint8_t>()[20] = 1;
  EXPECT_EQ(At(bools.array, 20), 1);
  EXPECT_THROW(bools.Target<float>(), std::logic_error);
  EXPECT_EQ(NewArray(ElementType::kFloat32, {0, 5}).array.elements(), 0);
  EXPECT_THROW(NewArray(ElementType::kFloat32, {INT64_MAX, 2}), std::bad_alloc);
  EXPECT_THROW(NewArray(ElementType::kUint8, {INT64_MAX}), std::bad_alloc);
}

TEST(Arrays, RowsShareTheirElements) {
  NewArray numbers(ElementType::kInt16, {4, 3});
  for (int16_t i = 0; i < 12; ++i) numbers.Target<int16_t>()[i] = i;
  const Array middle = RowsOf(numbers.array, 1, 2);
  EXPECT_EQ(middle.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(At(middle, 0), 3);
  EXPECT_EQ(At(middle, 5), 8);
  EXPECT_EQ(middle.bytes.data(), numbers.array.bytes.data() + 3 * sizeof(int16_t));
  EXPECT_EQ(RowsOf(numbers.array, 4, 0).elements(), 0);
  EXPECT_THROW(RowsOf(numbers.array, 3, 2), std::logic_error);
  EXPECT_THROW(RowsOf(numbers.array, -1, 1), std::logic_error);
}

TEST(Arrays, SizesDoNotOverflow) {
  const auto bytes = [](ElementType type, const std::vector<int64_t>& shape) { return BytesOf(type, shape); };
  EXPECT_EQ(bytes(ElementType::kInt64, {3, 5}), 120);
  EXPECT_EQ(bytes(ElementType::kInt64, {}), 8);
  EXPECT_EQ(bytes(ElementType::kUint8, {INT64_MAX}), INT64_MAX);
  EXPECT_EQ(bytes(ElementType::kInt16, {INT64_MAX}), std::nullopt);
  EXPECT_EQ(bytes(ElementType::kUint8, {int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  EXPECT_EQ(bytes(ElementType::kUint8, {0, 4}), 0);
  EXPECT_EQ(bytes(ElementType::kUint8, {0, int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
  EXPECT_EQ(bytes(ElementType::kUint8, {-1}), std::nullopt);
}

}  // namespace
}  // namespace modlab
