#include "client/plots/number_text.h"

#include <gtest/gtest.h>

namespace modlab::client::plots {
namespace {

TEST(NumberText, Counts) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(630784), "630,784");
  EXPECT_EQ(CountText(-1234567), "−1,234,567");
}

TEST(NumberText, Values) {
  EXPECT_EQ(ValueText(0), "0");
  EXPECT_EQ(ValueText(-0.0), "0");
  EXPECT_EQ(ValueText(0.4967), "0.4967");
  EXPECT_EQ(ValueText(0.5), "0.5");
  EXPECT_EQ(ValueText(-1.5), "−1.5");
  EXPECT_EQ(ValueText(1000), "1000");
  EXPECT_EQ(ValueText(9.99999), "10");
  EXPECT_EQ(ValueText(2e-7), "2×10⁻⁷");
  EXPECT_EQ(ValueText(1.25e12), "1.25×10¹²");
  EXPECT_EQ(ValueText(0.0977, 2), "0.098");
}

TEST(NumberText, DecimalsAndIndices) {
  EXPECT_EQ(DecimalText(0.5, 2), "0.50");
  EXPECT_EQ(DecimalText(-0.001, 2), "0.00");
  EXPECT_EQ(DecimalText(-2, 0), "−2");
  EXPECT_EQ(SubscriptText(12), "₁₂");
  EXPECT_EQ(PowerOfTenText(-5), "10⁻⁵");
}

}  // namespace
}  // namespace modlab::client::plots
