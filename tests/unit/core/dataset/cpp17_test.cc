#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "core/dataset/array.h"
#include "core/dataset/array_file.h"
#include "core/dataset/dataset.h"
#include "core/dataset/generators.h"
#include "core/dataset/row_gather.h"
#include "core/dataset/tensor_file.h"

static_assert(__cplusplus < 202002L, "compiled as what LibTorch's users are");

namespace modlab {
namespace {

TEST(Headers, AreUsedFromCpp17) {
  const Dataset retina = Retina();
  float targets[2];
  const std::vector<int64_t> rows = {255, 0};
  GatherRows(*retina.Find("left"), rows, 2.0, 1.0, targets, 1);
  EXPECT_EQ(targets[0], 3);
  EXPECT_EQ(targets[1], 1);
}

}  // namespace
}  // namespace modlab
