#include "client/plots/ticks.h"

#include <gtest/gtest.h>

namespace modlab::client::plots {
namespace {

std::vector<std::string> LabelsOf(const std::vector<Tick>& ticks) {
  std::vector<std::string> labels;
  for (const Tick& tick : ticks) {
    if (!tick.label.empty()) labels.push_back(tick.label);
  }
  return labels;
}

using Texts = std::vector<std::string>;

TEST(LinearTicks, AreNice) {
  EXPECT_EQ(LabelsOf(LinearTicks({0, 1}, 6)), (Texts{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(LabelsOf(LinearTicks({-0.13, 0.31}, 6)), (Texts{"−0.1", "0.0", "0.1", "0.2", "0.3"}));
  EXPECT_EQ(LabelsOf(LinearTicks({0, 12000}, 4)), (Texts{"0", "5,000", "10,000"}));
  EXPECT_EQ(LabelsOf(LinearTicks({0, 2.5e-7}, 4)), (Texts{"0", "1×10⁻⁷", "2×10⁻⁷"}));
}

TEST(LinearTicks, AreNoMoreThanAsked) {
  for (const double width : {1e-9, 0.37, 1.0, 7.0, 123.0, 5e8}) {
    for (int most = 2; most < 12; ++most) {
      EXPECT_LE(LinearTicks({0.1 * width, 1.1 * width}, most).size(), static_cast<std::size_t>(most)) << width;
    }
  }
}

TEST(IntegerTicks, HaveNothingBetween) {
  EXPECT_EQ(LabelsOf(IntegerTicks({0.5, 3.5}, 20)), (Texts{"1", "2", "3"}));
  EXPECT_EQ(LabelsOf(IntegerTicks({-0.5, 0.5}, 8)), (Texts{"0"}));
}

TEST(LogarithmicTicks, ArePowersOfTen) {
  EXPECT_EQ(LabelsOf(LogarithmicTicks({0.003, 30}, 6)), (Texts{"0.01", "0.1", "1", "10"}));
  EXPECT_EQ(LabelsOf(LogarithmicTicks({0.2, 3}, 8)), (Texts{"0.2", "0.5", "1", "2"}));
  EXPECT_EQ(LabelsOf(LogarithmicTicks({1e-20, 1}, 6)), (Texts{"10⁻²⁰", "10⁻¹⁶", "10⁻¹²", "10⁻⁸", "0.0001", "1"}));
  EXPECT_EQ(LabelsOf(LogarithmicTicks({1, 1.6}, 4)), (Texts{"1.0", "1.2", "1.4", "1.6"})) << "less than half a decade";
}

TEST(RangeOf, HasWidthWhereValuesHaveNone) {
  EXPECT_LT(RangeOf({0.5, 0.5}).low, 0.5);
  EXPECT_GT(RangeOf({0.5, 0.5}).high, 0.5);
  EXPECT_EQ(RangeOf({0}).low, -0.5);
  EXPECT_LT(RangeOf({-3}).low, RangeOf({-3}).high);
  const Range rounding = RangeOf({0.1 + 0.2, 0.3});
  EXPECT_GT(rounding.high - rounding.low, 0.01);
}

TEST(ToWholeSteps, EndsAtTicks) {
  const Range range = ToWholeSteps({0.03, 0.94}, 8);
  EXPECT_NEAR(range.low, 0, 1e-12);
  EXPECT_NEAR(range.high, 1, 1e-12);
}

}  // namespace
}  // namespace modlab::client::plots
