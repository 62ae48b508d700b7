#include "core/train/device_replica.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <memory>

namespace modlab {
namespace {

using torch::jit::Module;

/// A linear layer whose forward counts its calls in training, and one parameter that is frozen.
Module ReplicatedNetwork() {
  torch::manual_seed(4);
  Module network("__torch__.Counted", std::make_shared<torch::jit::CompilationUnit>(), true);
  network.register_attribute("training", c10::BoolType::get(), true);
  network.register_parameter("weight", torch::randn({2, 3}).set_requires_grad(true), false);
  network.register_parameter("fixed", torch::randn({2}), false);
  network.register_buffer("calls", torch::zeros({1}));
  network.define(
      "def forward(self, x):\n"
      "    if self.training:\n"
      "        self.calls.add_(1.0)\n"
      "    return torch.linear(x, self.weight, self.fixed)\n");
  return network;
}

// The CPU is a device, too: what is checked is that nothing is shared, and that all that is to come over does.
class DeviceReplicaTest : public testing::Test {
 protected:
  Module network_ = ReplicatedNetwork();
  at::Tensor weight_ = network_.attr("weight").toTensor();
  at::Tensor calls_ = network_.attr("calls").toTensor();
  DeviceReplica replica_{network_, at::kCPU};
  at::Tensor input_ = torch::randn({5, 3});
};

TEST_F(DeviceReplicaTest, GivesTheModulesOutputsAndGradients) {
  const at::Tensor expected = network_.forward({input_}).toTensor();
  expected.sum().backward();
  const at::Tensor expected_gradient = weight_.grad().clone();
  weight_.mutable_grad() = at::Tensor();

  const at::Tensor output = replica_.Forward(input_).toTensor();
  EXPECT_TRUE(output.equal(expected));
  output.sum().backward();
  EXPECT_FALSE(weight_.grad().defined());
  replica_.FetchGradients();
  EXPECT_TRUE(weight_.grad().equal(expected_gradient));
  EXPECT_FALSE(network_.attr("fixed").toTensor().grad().defined());
}

TEST_F(DeviceReplicaTest, GradientsAreOfOneBackward) {
  for (int i = 0; i < 2; ++i) {
    weight_.mutable_grad() = at::Tensor();
    replica_.Forward(input_).toTensor().sum().backward();
    replica_.FetchGradients();
    EXPECT_TRUE(weight_.grad().allclose(input_.sum(0).expand({2, 3}))) << i;
  }
}

TEST_F(DeviceReplicaTest, FollowsTheModulesParameters) {
  {
    const torch::NoGradGuard no_gradients;
    weight_.mul_(2);
  }
  EXPECT_FALSE(replica_.Forward(input_).toTensor().equal(network_.forward({input_}).toTensor()));
  replica_.SendParameters();
  EXPECT_TRUE(replica_.Forward(input_).toTensor().equal(network_.forward({input_}).toTensor()));
}

TEST_F(DeviceReplicaTest, BuffersComeBackWhenTheyAreFetched) {
  replica_.Forward(input_);
  EXPECT_EQ(calls_.item<float>(), 0);
  replica_.module().eval();
  replica_.Forward(input_);
  replica_.FetchBuffers();
  EXPECT_EQ(calls_.item<float>(), 1);
}

TEST_F(DeviceReplicaTest, BuffersStayWhereOnlyParametersAreSent) {
  replica_.Forward(input_);
  replica_.SendParameters();
  replica_.Forward(input_);
  replica_.FetchBuffers();
  EXPECT_EQ(calls_.item<float>(), 2);
  calls_.fill_(7);
  replica_.SendBuffers();
  replica_.Forward(input_);
  replica_.FetchBuffers();
  EXPECT_EQ(calls_.item<float>(), 8);
}

}  // namespace
}  // namespace modlab
