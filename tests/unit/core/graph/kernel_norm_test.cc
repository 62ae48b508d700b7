#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/graph/model_reader.h"

namespace modlab {
namespace {

// definitions.md, section 2.
const std::vector<double> kKernel = {1, -2, 3, 4, 5, -6, -7, 8, 9};

TEST(KernelNorm, HasTheDefinitionsValues) {
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kL1, kKernel.data(), 3, 3), 45);
  EXPECT_NEAR(ComputeKernelNorm(KernelNorm::kL2, kKernel.data(), 3, 3), 16.8819, 5e-5);
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kMaxColumnSum, kKernel.data(), 3, 3), 18);
  EXPECT_NEAR(ComputeKernelNorm(KernelNorm::kSpectral, kKernel.data(), 3, 3), 16.8481, 5e-5);
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kMeanAbs, kKernel.data(), 3, 3), 5);
}

TEST(KernelNorm, OfOneColumn) {
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kMaxColumnSum, kKernel.data(), 9, 1), 45);
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kSpectral, kKernel.data(), 9, 1), std::sqrt(285.0));
}

TEST(KernelNorm, SpectralOfARectangle) {
  // |K| = [[3, 0, 0], [0, 4, 0]] has the singular values 4 and 3.
  const std::vector<double> wide = {-3, 0, 0, 0, 4, 0};
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kSpectral, wide.data(), 2, 3), 4);
  const std::vector<double> tall = {-3, 0, 0, 4, 0, 0};
  EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kSpectral, tall.data(), 3, 2), 4);
}

TEST(KernelNorm, OfOneElementIsItsMagnitude) {
  const double element = -2.5;
  for (const KernelNorm norm :
       {KernelNorm::kL1, KernelNorm::kL2, KernelNorm::kMaxColumnSum, KernelNorm::kSpectral, KernelNorm::kMeanAbs}) {
    EXPECT_EQ(ComputeKernelNorm(norm, &element, 1, 1), 2.5);
  }
}

TEST(KernelNorm, OfZerosIsZero) {
  const std::vector<double> zeros(6, 0.0);
  for (const KernelNorm norm :
       {KernelNorm::kL1, KernelNorm::kL2, KernelNorm::kMaxColumnSum, KernelNorm::kSpectral, KernelNorm::kMeanAbs}) {
    EXPECT_EQ(ComputeKernelNorm(norm, zeros.data(), 2, 3), 0);
  }
}

TEST(KernelNorm, NeitherOverflowsNorVanishes) {
  for (const double scale : {1e-200, 1e200}) {
    const std::vector<double> slice = {3 * scale, 0, 0, 4 * scale};
    EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kL2, slice.data(), 2, 2), 5 * scale);
    EXPECT_DOUBLE_EQ(ComputeKernelNorm(KernelNorm::kSpectral, slice.data(), 2, 2), 4 * scale);
  }
}

}  // namespace
}  // namespace modlab
