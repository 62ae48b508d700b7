#include "core/dataset/row_gather.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "core/random.h"

namespace modlab {
namespace {

template <typename Element>
class GatherTest : public testing::Test {};
using GatheredTypes = testing::Types<uint8_t, int8_t, int16_t, int32_t, int64_t, float, double>;
TYPED_TEST_SUITE(GatherTest, GatheredTypes);

template <typename Element, typename Target>
void CheckGather(double scale, double shift) {
  Random random(3);
  for (const int64_t width : {1, 2, 7, 8, 33, 100}) {
    constexpr int64_t rows = 20;
    std::vector<Element> values;
    for (int64_t i = 0; i < rows * width; ++i) values.push_back(static_cast<Element>(random.Uniform() * 127));
    const Array source = MakeArray({rows, width}, values);
    const std::vector<int64_t> chosen = {19, 0, 3, 3, 7};
    const int64_t stride = width + 3;
    std::vector<Target> target(chosen.size() * static_cast<size_t>(stride), Target{-7});
    GatherRows(source, chosen, scale, shift, target.data(), stride);
    for (size_t i = 0; i < chosen.size(); ++i) {
      for (int64_t j = 0; j < stride; ++j) {
        const Target found = target[i * static_cast<size_t>(stride) + static_cast<size_t>(j)];
        const double product = At(source, j < width ? chosen[i] * width + j : 0) * scale;
        EXPECT_EQ(found, j < width ? static_cast<Target>(product + shift) : Target{-7}) << i << ' ' << j;
      }
    }
  }
}

TYPED_TEST(GatherTest, ConvertsRows) {
  CheckGather<TypeParam, float>(1, 0);
  CheckGather<TypeParam, double>(1, 0);
}

TYPED_TEST(GatherTest, ScalesRows) {
  CheckGather<TypeParam, float>(1 / 255.0, -0.3);
  CheckGather<TypeParam, double>(1 / 255.0, -0.3);
  CheckGather<TypeParam, float>(1, 0.1);
  CheckGather<TypeParam, float>(3, 0);
}

TEST(GatherRows, GathersClasses) {
  const std::vector<int64_t> rows = {2, 0, 2};
  std::vector<int64_t> classes(3);
  GatherRows(MakeArray<uint8_t>({3}, {1, 2, 255}), rows, classes.data(), 1);
  EXPECT_EQ(classes, (std::vector<int64_t>{255, 1, 255}));
  GatherRows(MakeArray<int64_t>({3}, {INT64_MIN, 2, INT64_MAX}), rows, classes.data(), 1);
  EXPECT_EQ(classes, (std::vector<int64_t>{INT64_MAX, INT64_MIN, INT64_MAX}));
  GatherRows(MakeArray<int8_t>({3}, {-3, 2, 1}), rows, classes.data(), 1);
  EXPECT_EQ(classes, (std::vector<int64_t>{1, -3, 1}));
  EXPECT_THROW(GatherRows(MakeArray<float>({3}, {1, 2, 3}), rows, classes.data(), 1), std::logic_error);
}

TEST(GatherRows, GathersBools) {
  NewArray bools(ElementType::kBool, {2});
  bools.Target<uint8_t>()[0] = 0;
  bools.Target<uint8_t>()[1] = 1;
  float targets[2];
  GatherRows(bools.array, std::vector<int64_t>{1, 0}, 2, -1, targets, 1);
  EXPECT_EQ(targets[0], 1);
  EXPECT_EQ(targets[1], -1);
}

// The product and the sum are rounded one after the other, in double: a fused operation would give another bit.
TEST(GatherRows, RoundsTwice) {
  const double a = 1 + 0x1p-30;
  const volatile double product = a * a;
  double target = 0;
  GatherRows(MakeArray<double>({1}, {a}), std::vector<int64_t>{0}, a, -1, &target, 1);
  EXPECT_EQ(target, product - 1);
  EXPECT_NE(target, std::fma(a, a, -1.0));
}

TEST(GatherRows, RefusesRowsThatAreNotThere) {
  const Array source = MakeArray<float>({2, 2}, {1, 2, 3, 4});
  float targets[4] = {9, 9, 9, 9};
  for (const int64_t row : {int64_t{2}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_THROW(GatherRows(source, std::vector<int64_t>{0, row}, 1, 0, targets, 2), std::out_of_range);
  }
  EXPECT_THROW(GatherRows(source, std::vector<int64_t>{0}, 1, 0, targets, 1), std::logic_error);
  for (const float target : targets) EXPECT_EQ(target, 9);
  GatherRows(source, std::vector<int64_t>{}, 1, 0, targets, 2);
  EXPECT_EQ(targets[0], 9);
}

}  // namespace
}  // namespace modlab
