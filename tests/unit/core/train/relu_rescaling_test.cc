#include "core/train/relu_rescaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.h"

namespace modlab {
namespace {

class ReluRescalingTest : public testing::Test {
 protected:
  static constexpr int kInputs = 5;
  static constexpr int kUnits = 7;
  static constexpr int kOutputs = 3;

  ReluRescalingTest() : incoming_(kUnits * kInputs), bias_(kUnits), outgoing_(kOutputs * kUnits) {
    Random random(1);
    for (auto* const weights : {&incoming_, &bias_, &outgoing_}) {
      for (float& weight : *weights) weight = static_cast<float>(10 * std::pow(random.Uniform(), 3) - 2);
    }
  }

  HiddenUnits Hidden() {
    return {.inputs = kInputs,
            .units = kUnits,
            .outputs = kOutputs,
            .incoming = incoming_.data(),
            .bias = bias_.data(),
            .outgoing = outgoing_.data()};
  }
  std::vector<double> Outputs(const std::vector<double>& inputs) const {
    std::vector<double> outputs(kOutputs, 0.0);
    for (int unit = 0; unit < kUnits; ++unit) {
      double activation = bias_[unit];
      for (int input = 0; input < kInputs; ++input) activation += incoming_[unit * kInputs + input] * inputs[input];
      for (int output = 0; output < kOutputs; ++output) {
        outputs[output] += outgoing_[output * kUnits + unit] * std::max(activation, 0.0);
      }
    }
    return outputs;
  }
  double IncomingNorm(int unit) const {
    double squares = 0;
    for (int input = 0; input < kInputs; ++input) squares += std::pow(incoming_[unit * kInputs + input], 2);
    return std::sqrt(squares);
  }
  double OutgoingNorm(int unit) const {
    double squares = 0;
    for (int output = 0; output < kOutputs; ++output) squares += std::pow(outgoing_[output * kUnits + unit], 2);
    return std::sqrt(squares);
  }

  std::vector<float> incoming_;
  std::vector<float> bias_;
  std::vector<float> outgoing_;
};

TEST_F(ReluRescalingTest, BalancesNormsAndKeepsTheFunction) {
  Random random(2);
  std::vector<std::vector<double>> inputs(20, std::vector<double>(kInputs));
  for (auto& input : inputs) {
    for (double& value : input) value = 4 * random.Uniform() - 2;
  }
  std::vector<std::vector<double>> before;
  before.reserve(inputs.size());
  for (const auto& input : inputs) before.push_back(Outputs(input));
  std::vector<double> products;
  products.reserve(kUnits);
  for (int unit = 0; unit < kUnits; ++unit) {
    products.push_back(IncomingNorm(unit) * OutgoingNorm(unit));
    EXPECT_GT(std::abs(IncomingNorm(unit) / OutgoingNorm(unit) - 1), 1e-3);
  }

  BalanceUnits(Hidden());

  for (int unit = 0; unit < kUnits; ++unit) {
    EXPECT_NEAR(IncomingNorm(unit) / OutgoingNorm(unit), 1, 1e-6);
    EXPECT_NEAR(IncomingNorm(unit) * OutgoingNorm(unit) / products[unit], 1, 1e-6);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<double> after = Outputs(inputs[i]);
    for (int output = 0; output < kOutputs; ++output) {
      EXPECT_NEAR(after[output], before[i][output], 1e-5 * (1 + std::abs(before[i][output])));
    }
  }
}

TEST_F(ReluRescalingTest, LeavesUnitsWithoutWeightsOnOneSide) {
  for (int input = 0; input < kInputs; ++input) incoming_[input] = 0;
  for (int output = 0; output < kOutputs; ++output) outgoing_[output * kUnits + 1] = 0;
  const std::vector<float> incoming = incoming_;
  const std::vector<float> bias = bias_;
  const std::vector<float> outgoing = outgoing_;
  BalanceUnits(Hidden());
  for (const int unit : {0, 1}) {
    EXPECT_EQ(bias_[unit], bias[unit]);
    for (int input = 0; input < kInputs; ++input) {
      EXPECT_EQ(incoming_[unit * kInputs + input], incoming[unit * kInputs + input]);
    }
    for (int output = 0; output < kOutputs; ++output) {
      EXPECT_EQ(outgoing_[output * kUnits + unit], outgoing[output * kUnits + unit]);
    }
  }
  EXPECT_NE(bias_[2], bias[2]);
}

TEST_F(ReluRescalingTest, TakesLayersWithoutBias) {
  HiddenUnits hidden = Hidden();
  hidden.bias = nullptr;
  const std::vector<float> bias = bias_;
  BalanceUnits(hidden);
  EXPECT_EQ(bias_, bias);
  EXPECT_NEAR(IncomingNorm(3), OutgoingNorm(3), 1e-5);
}

}  // namespace
}  // namespace modlab
