#include "core/train/clusterable_initialization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/community/leiden.h"
#include "core/error.h"
#include "core/measure/measure.h"
#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

std::vector<float> RandomWeights(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> weights(count);
  for (float& weight : weights) weight = static_cast<float>(2 * random.Uniform() - 1);
  return weights;
}

TEST(ConsecutiveParts, AreAsEqualAsCanBe) {
  EXPECT_EQ(ConsecutiveParts(6, 3), (std::vector<int>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(ConsecutiveParts(5, 2), (std::vector<int>{0, 0, 0, 1, 1}));
  EXPECT_EQ(ConsecutiveParts(2, 3), (std::vector<int>{-1, -1}));
}

TEST(MakeClusterable, KeepsTheSumOfSquaresOfEqualWeights) {
  for (const int inputs : {4, 7, 10}) {
    constexpr int outputs = 5;
    std::vector<float> weights(static_cast<size_t>(outputs) * inputs, 1.0F);
    MakeClusterable({.clusters = 3, .outside = 0.3}, outputs, inputs, 1, weights.data());
    const std::vector<int> of_output = ConsecutiveParts(outputs, 3);
    const std::vector<int> of_input = ConsecutiveParts(inputs, 3);
    for (int output = 0; output < outputs; ++output) {
      double squares = 0;
      for (int input = 0; input < inputs; ++input) {
        const float weight = weights[output * inputs + input];
        squares += weight * weight;
        if (of_output[output] == of_input[input]) {
          EXPECT_GT(weight, 1);
        } else {
          EXPECT_FLOAT_EQ(weight, 0.3F);
        }
      }
      EXPECT_NEAR(squares, inputs, 1e-5);
    }
  }
}

TEST(MakeClusterable, KeepsTheVarianceOfRandomWeights) {
  constexpr int outputs = 40;
  constexpr int inputs = 2000;
  std::vector<float> weights = RandomWeights(int64_t{outputs} * inputs, 1);
  MakeClusterable({.clusters = 4, .outside = 0.1}, outputs, inputs, 1, weights.data());
  for (int output = 0; output < outputs; ++output) {
    double squares = 0;
    for (int input = 0; input < inputs; ++input) squares += std::pow(weights[output * inputs + input], 2);
    EXPECT_NEAR(squares / inputs, 1.0 / 3, 0.06);  // five standard errors
  }
}

TEST(MakeClusterable, TreatsAKernelAsOne) {
  std::vector<float> kernels(2 * 2 * 3, 1.0F);
  MakeClusterable({.clusters = 2, .outside = 0}, 2, 2, 3, kernels.data());
  const float inside = std::sqrt(2.0F);
  EXPECT_EQ(kernels, (std::vector<float>{inside, inside, inside, 0, 0, 0, 0, 0, 0, inside, inside, inside}));
}

TEST(MakeClusterable, LeavesLayersThatCannotBeCut) {
  const std::vector<float> before = RandomWeights(20, 3);
  std::vector<float> weights = before;
  MakeClusterable({.clusters = 3, .outside = 0.1}, 2, 10, 1, weights.data());
  EXPECT_EQ(weights, before);
  MakeClusterable({.clusters = 2, .outside = 1}, 2, 10, 1, weights.data());
  EXPECT_EQ(weights, before);
}

TEST(MakeClusterable, RaisesModularity) {
  const std::vector<int> widths = {20, 24, 16, 8};
  const auto chain = [&](double outside) {
    std::vector<int> labels;
    for (const int width : widths) {
      const std::vector<int> parts = ConsecutiveParts(width, 4);
      labels.insert(labels.end(), parts.begin(), parts.end());
    }
    UnitGraph graph;
    for (const int width : widths) graph.AddGroup({.name = "", .operation = "linear", .units = width});
    for (int layer = 0; layer + 1 < static_cast<int>(widths.size()); ++layer) {
      std::vector<float> weights = RandomWeights(int64_t{widths[layer]} * widths[layer + 1], layer);
      MakeClusterable({.clusters = 4, .outside = outside}, widths[layer + 1], widths[layer], 1, weights.data());
      graph.AddBlock(OwnedBlock(layer, layer + 1, widths[layer], widths[layer + 1], {weights.begin(), weights.end()}));
    }
    return std::pair(std::move(graph), labels);
  };
  RunContext context;
  double planted = -1;
  double best = -1;
  for (const double outside : {1.0, 0.5, 0.1}) {
    const auto [graph, labels] = chain(outside);
    const double q = Modularity(graph, labels, 4, Objective::kNewman, 1, context);
    EXPECT_GT(q, planted + 0.1);
    const double leiden = Leiden(graph, {}, context).modularity;
    EXPECT_GT(leiden, best);
    planted = q;
    best = leiden;
  }
}

TEST(MakeClusterable, SaysWhatIsWrong) {
  float weight = 1;
  EXPECT_THROW(MakeClusterable({.clusters = 1}, 1, 1, 1, &weight), Error);
  EXPECT_THROW(MakeClusterable({.clusters = 2, .outside = 1.5}, 1, 1, 1, &weight), Error);
  EXPECT_THROW(MakeClusterable({.clusters = 2, .outside = -0.1}, 1, 1, 1, &weight), Error);
}

}  // namespace
}  // namespace modlab
