#include "core/train/regularizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "core/build/model_builder.h"
#include "core/train/clusterability.h"

namespace modlab {
namespace {

/// Networks whose blocks are kernels' norms: convolutions, and a linear layer that reads flattened channels.
class RegularizerTest : public testing::TestWithParam<KernelNorm> {
 protected:
  RegularizerTest() {
    NetworkDescription network;
    network.input_shape = {2, 8, 8};
    network.layers = {ConvolutionLayer{5, 3}, PoolingLayer{}, ConvolutionLayer{6, 2}, LinearLayer{7}, LinearLayer{3}};
    const std::string path = testing::TempDir() + "regularizer_test.pt";
    BuildModel(network, 3, path);
    model_.emplace(Model::Load(path));
    std::remove(path.c_str());
    graph_.kernel_norm = GetParam();
  }

  double Sum() {
    ClusterabilityOptions options;
    options.eigenvalues = 2;
    return ComputeClusterability(model_->Read(graph_, context_), options, context_).sum;
  }

  std::optional<Model> model_;
  ReaderOptions graph_;
  RunContext context_;
};

TEST_P(RegularizerTest, GradientsAreThoseOfFiniteDifferences) {
  TrainableModel trainable(*model_, {});
  trainable.Evaluate();
  for (const auto& parameter : trainable.parameters()) {
    parameter.tensor.mutable_grad() = at::zeros_like(parameter.tensor);
  }
  RegularizerOptions options;
  options.strength = 1;
  options.eigenvalues = 2;
  Regularizer regularizer(options, graph_);
  const double strength = 2;
  EXPECT_DOUBLE_EQ(regularizer.AddGradient(*model_, trainable.parameters(), strength, context_), Sum());
  EXPECT_TRUE(regularizer.left_out().empty());

  for (const auto& parameter : trainable.parameters()) {
    auto* values = parameter.tensor.data_ptr<float>();
    const auto* gradient = parameter.tensor.grad().data_ptr<float>();
    for (int64_t i = 0; i < parameter.tensor.numel(); i += 7) {
      const float value = values[i];
      const float step = 1e-2F * std::abs(value);
      values[i] = value + step;
      const double above = Sum();
      const double width_above = double{values[i]} - value;
      values[i] = value - step;
      const double below = Sum();
      const double width = width_above + double{value} - values[i];
      values[i] = value;
      const double expected = strength * (above - below) / width;
      EXPECT_NEAR(gradient[i], expected, 2e-4 * std::abs(expected) + 1e-6) << parameter.name << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(KernelNorms, RegularizerTest,
                         testing::Values(KernelNorm::kL1, KernelNorm::kL2, KernelNorm::kMeanAbs));

TEST_P(RegularizerTest, FrozenLayersAreNotLeftOut) {
  TrainableModel trainable(*model_, {"conv1.*"});
  trainable.Evaluate();
  for (const auto& parameter : trainable.parameters()) {
    parameter.tensor.mutable_grad() = at::zeros_like(parameter.tensor);
  }
  Regularizer regularizer({1, 1, 2}, graph_);
  regularizer.AddGradient(*model_, trainable.parameters(), 1, context_);
  EXPECT_TRUE(regularizer.left_out().empty());
}

using RegularizerWithoutGradientTest = RegularizerTest;

TEST_P(RegularizerWithoutGradientTest, IsSaidToLeaveLayersOut) {
  TrainableModel trainable(*model_, {});
  trainable.Evaluate();
  for (const auto& parameter : trainable.parameters()) {
    parameter.tensor.mutable_grad() = at::zeros_like(parameter.tensor);
  }
  Regularizer regularizer({1, 1, 2}, graph_);
  regularizer.AddGradient(*model_, trainable.parameters(), 1, context_);
  EXPECT_EQ(regularizer.left_out(), (std::vector<std::string>{"conv1", "conv2", "fc1"}));
}

INSTANTIATE_TEST_SUITE_P(KernelNorms, RegularizerWithoutGradientTest, testing::Values(KernelNorm::kSpectral));

}  // namespace
}  // namespace modlab
