#include "core/train/dense_network.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/train/dense_layers.h"

namespace modlab {
namespace {

using torch::jit::Module;

Module Linear(const std::shared_ptr<torch::jit::CompilationUnit>& unit, int64_t inputs, int64_t outputs, bool bias) {
  Module layer("__torch__.Linear" + std::to_string(inputs) + "x" + std::to_string(outputs), unit, true);
  layer.register_attribute("training", c10::BoolType::get(), true);
  layer.register_parameter("weight", torch::randn({outputs, inputs}).div_(2).set_requires_grad(true), false);
  if (bias) layer.register_parameter("bias", torch::randn({outputs}).set_requires_grad(true), false);
  layer.define(std::string("def forward(self, x):\n    return torch.linear(x, self.weight, ") +
               (bias ? "self.bias" : "None") + ")\n");
  return layer;
}

/// A module of three dense layers, 12-7-5-3, `a`, `b` and `c`, and the forward that is given.
Module Network(const std::string& forward, bool bias = true) {
  torch::manual_seed(3);
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  Module network("__torch__.Network", unit, true);
  network.register_attribute("training", c10::BoolType::get(), true);
  network.register_attribute("inplace", c10::BoolType::get(), true);
  network.register_module("a", Linear(unit, 12, 7, bias));
  network.register_module("b", Linear(unit, 7, 5, bias));
  network.register_module("c", Linear(unit, 5, 3, bias));
  network.define("def forward(self, x):\n" + forward);
  return network;
}

std::string Chain(const std::string& activation) {
  return "    x = torch." + activation + "(self.a.forward(x))\n    x = torch." + activation +
         "(self.b.forward(x))\n    return self.c.forward(x)\n";
}

std::vector<at::Tensor> GradientsOf(const Module& network) {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : network.parameters()) {
    gradients.push_back(parameter.grad().defined() ? parameter.grad().clone() : at::Tensor());
    parameter.mutable_grad() = at::Tensor();
  }
  return gradients;
}

void ExpectNear(const at::Tensor& value, const at::Tensor& expected) {
  ASSERT_EQ(value.defined(), expected.defined());
  if (!expected.defined()) return;
  ASSERT_EQ(value.sizes(), expected.sizes());
  EXPECT_LT((value - expected).abs().max().item<double>(), 2e-6 * (1 + expected.abs().max().item<double>()));
}

/// That forward and backward are the module's, in batches of several sizes.
void ExpectAsTheModule(Module network, const std::vector<int64_t>& shape = {12}) {
  auto layers = FindDenseLayers(network);
  ASSERT_TRUE(layers);
  DenseNetwork dense(*std::move(layers));
  for (const int64_t samples : {5, 64, 1, 33}) {
    std::vector<int64_t> sizes = shape;
    sizes.insert(sizes.begin(), samples);
    const at::Tensor input = torch::randn(sizes);
    ASSERT_TRUE(dense.Takes(input));
    const at::Tensor expected = network.forward({input}).toTensor();
    const at::Tensor weights = torch::randn(expected.sizes());
    (expected * weights).sum().backward();
    const std::vector<at::Tensor> expected_gradients = GradientsOf(network);

    ExpectNear(dense.Forward(input), expected.detach());
    dense.Backward(weights);
    const std::vector<at::Tensor> gradients = GradientsOf(network);
    for (size_t i = 0; i < gradients.size(); ++i) ExpectNear(gradients[i], expected_gradients[i]);
  }
}

TEST(DenseNetwork, ComputesWhatTheModuleDoes) {
  for (const char* activation : {"relu", "relu_", "tanh", "sigmoid"}) {
    SCOPED_TRACE(activation);
    ExpectAsTheModule(Network(Chain(activation)));
    ExpectAsTheModule(Network(Chain(activation), false));
  }
  ExpectAsTheModule(Network("    return self.c.forward(self.b.forward(self.a.forward(x)))\n"));
  ExpectAsTheModule(Network("    return torch.relu(self.a.forward(x))\n"));
}

TEST(DenseNetwork, KnowsGelu) {
  ExpectAsTheModule(Network("    x = torch.gelu(self.a.forward(x))\n    return torch.gelu(self.b.forward(x))\n"));
}

TEST(DenseNetwork, FlattensWhereTheModuleDoes) {
  for (const char* flatten : {"torch.flatten(x, 1)", "torch.reshape(x, [-1, 12])", "x.view(-1, 12)"}) {
    SCOPED_TRACE(flatten);
    const Module network = Network(std::string("    x = ") + flatten + "\n" + Chain("relu"));
    ExpectAsTheModule(network, {3, 4});
    ExpectAsTheModule(network, {12});
  }
}

TEST(DenseNetwork, FollowsBranchesThatAreKnown) {
  // As torch.nn.functional.relu is written.
  ExpectAsTheModule(
      Network("    x = self.a.forward(x)\n    if self.inplace:\n        y = torch.relu_(x)\n    else:\n"
              "        y = torch.relu(x)\n    return self.b.forward(y)\n"));
}

TEST(DenseNetwork, LeavesFrozenParametersWithoutAGradient) {
  for (const std::vector<size_t>& frozen : {std::vector<size_t>{0, 1}, {0, 2, 3}, {4, 5}, {1, 3, 5}}) {
    const Module network = Network(Chain("relu"));
    size_t i = 0;
    for (at::Tensor parameter : network.parameters()) {
      if (std::count(frozen.begin(), frozen.end(), i++) > 0) parameter.set_requires_grad(false);
    }
    ExpectAsTheModule(network);
  }
}

TEST(DenseNetwork, SeesParametersThatChange) {
  Module network = Network(Chain("tanh"));
  DenseNetwork dense(*FindDenseLayers(network));
  const at::Tensor input = torch::randn({4, 12});
  dense.Forward(input);
  {
    const torch::NoGradGuard no_gradients;
    for (at::Tensor parameter : network.parameters()) parameter.mul_(0.5);
  }
  ExpectNear(dense.Forward(input), network.forward({input}).toTensor().detach());
}

TEST(DenseNetwork, TakesWhatFitsOnly) {
  const DenseNetwork flat(*FindDenseLayers(Network(Chain("relu"))));
  EXPECT_TRUE(flat.Takes(torch::randn({2, 12})));
  EXPECT_FALSE(flat.Takes(torch::randn({2, 11})));
  EXPECT_FALSE(flat.Takes(torch::randn({2, 3, 4})));
  EXPECT_FALSE(flat.Takes(torch::randn({2, 5, 12})));  // The module takes it: the layers act on the last axis.
  EXPECT_FALSE(flat.Takes(torch::randn({12})));
  EXPECT_FALSE(flat.Takes(torch::randn({0, 12})));
  EXPECT_FALSE(flat.Takes(torch::randn({2, 12}).to(at::kDouble)));
  EXPECT_FALSE(flat.Takes(torch::randn({12, 2}).t()));
}

TEST(FindDenseLayers, FindsNothingElse) {
  const std::string a = "    y = self.a.forward(x)\n";
  for (const std::string& forward : std::vector<std::string>{
           "    return x\n",                                                        // no layer
           a + "    return self.b.forward(torch.relu(y)) + 1.0\n",                  // more than layers
           a + "    return torch.relu(y) + y\n",                                    // two ways
           a + "    z = self.b.forward(y)\n    return y\n",                         // not the last value
           a + "    return torch.dropout(y, 0.5, self.training)\n",                 // other in training
           a + "    if self.training:\n        y = torch.relu(y)\n    return y\n",  // other in training
           a + "    if bool(y.sum() > 0):\n        y = torch.relu(y)\n    return y\n",
           a + "    return torch.softmax(y, 1)\n",
           a + "    return torch.tanh(torch.relu(y))\n",
           a + "    print(y)\n    return y\n",
           a + "    self.inplace = False\n    return y\n",
           a + "    return torch.linear(torch.tanh(y).t(), self.b.weight.t(), None)\n",
           "    return self.c.forward(torch.linear(self.b.forward(self.a.forward(x)), self.b.weight.t(), None))\n",
           "    return torch.relu(x)\n",
           "    x = torch.flatten(x, 0)\n" + a + "    return y\n",
           "    x = x.view(-1, 6)\n" + a + "    return y\n",
           "    for i in range(2):\n        x = torch.relu(x)\n" + a + "    return y\n",
       }) {
    EXPECT_FALSE(FindDenseLayers(Network(forward))) << forward;
  }
}

TEST(FindDenseLayers, NeedsParametersOfTheirOwn) {
  torch::manual_seed(1);
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  Module network("__torch__.Tied", unit, true);
  network.register_attribute("training", c10::BoolType::get(), true);
  const Module shared = Linear(unit, 6, 6, true);
  network.register_module("a", shared);
  network.register_module("b", shared);
  network.define("def forward(self, x):\n    return self.b.forward(torch.relu(self.a.forward(x)))\n");
  EXPECT_FALSE(FindDenseLayers(network));
}

TEST(FindDenseLayers, TellsWhetherAllIsTrained) {
  const Module network = Network(Chain("relu"));
  EXPECT_TRUE(RequireGradients(*FindDenseLayers(network)));
  network.attr("b").toModule().attr("bias").toTensor().set_requires_grad(false);
  EXPECT_FALSE(RequireGradients(*FindDenseLayers(network)));
}

TEST(FindDenseLayers, NeedsSinglePrecision) {
  Module network = Network(Chain("relu"));
  network.to(at::kDouble);
  EXPECT_FALSE(FindDenseLayers(network));
}

}  // namespace
}  // namespace modlab
