#include "core/spectral/eigengap.h"

#include <gtest/gtest.h>

namespace modlab {
namespace {

TEST(LargestEigengap, CountsEigenvaluesBelowTheGap) {
  const auto gap = LargestEigengap({0, 0.01, 0.02, 0.5, 0.52, 1.1});
  EXPECT_EQ(gap->absolute, 5);
  EXPECT_EQ(gap->relative, 3);
}

TEST(LargestEigengap, LeavesOutTheFirstGap) {
  EXPECT_EQ(LargestEigengap({0, 0.9, 0.91, 1.0})->absolute, 3);
  EXPECT_FALSE(LargestEigengap({0, 0.9}));
  EXPECT_FALSE(LargestEigengap({}));
}

TEST(LargestEigengap, FindsUnconnectedParts) {
  const auto gap = LargestEigengap({0, 0, 0, 0.4, 0.9});
  EXPECT_EQ(gap->absolute, 4);
  EXPECT_EQ(gap->relative, 3);
  EXPECT_EQ(LargestEigengap({0, 0, 0})->absolute, 2);
}

}  // namespace
}  // namespace modlab
