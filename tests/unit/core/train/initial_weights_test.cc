#include "core/train/initial_weights.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace modlab {
namespace {

std::vector<TrainableModel::Parameter> Parameters(const std::vector<std::vector<int64_t>>& shapes) {
  torch::manual_seed(1);
  std::vector<TrainableModel::Parameter> parameters;
  for (const auto& shape : shapes) {
    parameters.push_back({"p" + std::to_string(parameters.size()), torch::rand(shape) + 1});
  }
  return parameters;
}

/// What each entry was multiplied by.
std::vector<at::Tensor> FactorsOf(const std::vector<TrainableModel::Parameter>& parameters,
                                  const TrainingOptions& options = {}) {
  std::vector<at::Tensor> before;
  for (const auto& parameter : parameters) before.push_back(parameter.tensor.clone());
  MakeClusterable({2, 0.5}, parameters, Masks(parameters, options));
  std::vector<at::Tensor> factors;
  for (size_t i = 0; i < parameters.size(); ++i) factors.push_back(parameters[i].tensor / before[i]);
  return factors;
}

TEST(MakeClusterable, CutsEveryLayerInTheSameWay) {
  const auto factors = FactorsOf(Parameters({{4, 6}, {4}, {2, 4}}));
  const double inside = std::sqrt(1.75);
  EXPECT_NEAR(factors[0][0][2].item<double>(), inside, 1e-6);
  EXPECT_NEAR(factors[0][0][3].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(factors[0][3][5].item<double>(), inside, 1e-6);
  EXPECT_TRUE(factors[1].eq(1).all().item<bool>()) << "biases stay";
  EXPECT_NEAR(factors[2][1][0].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(factors[2][1][2].item<double>(), inside, 1e-6);
}

TEST(MakeClusterable, ALayerThatReadsFlattenedChannelsReadsChannels) {
  // 4 channels of 3 positions each.
  const auto factors = FactorsOf(Parameters({{4, 2, 3, 3}, {2, 12}}));
  for (int64_t input = 0; input < 12; ++input) {
    EXPECT_EQ(factors[1][0][input].item<double>() > 1, input / 3 < 2) << input;
  }
  EXPECT_TRUE((factors[0][0][0] > 1).all().item<bool>());
  EXPECT_TRUE((factors[0][0][1] < 1).all().item<bool>());
}

TEST(MakeClusterable, LeavesMaskedEntries) {
  TrainingOptions options;
  options.masks = {{"p0", {0, 1, 1, 0}}};
  const auto parameters = Parameters({{2, 2}});
  const auto factors = FactorsOf(parameters, options);
  EXPECT_EQ(factors[0][0][0].item<double>(), 1);
  EXPECT_NEAR(factors[0][0][1].item<double>(), 0.5, 1e-6);
  EXPECT_EQ(factors[0][1][1].item<double>(), 1);
}

TEST(BalanceUnits, KeepsTheFunctionAndBalancesNorms) {
  torch::manual_seed(2);
  DenseLayers layers;
  layers.layers = {{torch::randn({5, 3}) * 4, torch::randn({5}), Activation::kRelu},
                   {torch::randn({4, 5}), torch::randn({4}), Activation::kTanh},
                   {torch::randn({2, 4}) * 3, {}, Activation::kNone}};
  const auto run = [&](at::Tensor x) {
    x = torch::relu(torch::linear(x, layers.layers[0].weight, layers.layers[0].bias));
    x = torch::tanh(torch::linear(x, layers.layers[1].weight, layers.layers[1].bias));
    return torch::linear(x, layers.layers[2].weight);
  };
  const at::Tensor input = torch::randn({20, 3});
  const at::Tensor before = run(input);
  const at::Tensor last = layers.layers[2].weight.clone();
  BalanceUnits(layers);
  EXPECT_TRUE(run(input).allclose(before, 1e-5, 1e-5));
  EXPECT_TRUE(layers.layers[0].weight.norm(2, 1).allclose(layers.layers[1].weight.norm(2, 0), 1e-5));
  EXPECT_TRUE(layers.layers[2].weight.equal(last)) << "what comes after tanh cannot be rescaled";
}

}  // namespace
}  // namespace modlab
