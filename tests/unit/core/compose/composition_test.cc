#include "core/compose/composition.h"

#include <functional>

#include "core/error.h"
#include "tests/unit/core/compose/composition_files.h"

namespace modlab {
namespace {

using CompositionTest = CompositionFiles;

/// Sets the running statistics of batch norms to something that is not the identity.
void UseBatchNorms(const std::string& path) {
  torch::jit::Module module = torch::jit::load(path);
  const torch::NoGradGuard no_grad;
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.name.find("running_mean") != std::string::npos) buffer.value.uniform_(-1, 1);
    if (buffer.name.find("running_var") != std::string::npos) buffer.value.uniform_(0.5, 2);
  }
  for (const auto& parameter : module.named_parameters()) {
    if (parameter.name.find("bn") != std::string::npos) parameter.value.uniform_(-1, 1);
  }
  module.save(path);
}

TEST_F(CompositionTest, GivesWhatItsPartsGive) {
  const std::string left = Build("left.pt", MlpOf({6, 9, 4}), 1);
  const std::string right = Build("right.pt", MlpOf({5, 7, 3}), 2);
  ComposeFiles({left, right}, "", {});
  const at::Tensor x = at::randn({20, 11});
  const at::Tensor expected = at::cat({Output(left, x.slice(1, 0, 6)), Output(right, x.slice(1, 6, 11))}, 1);
  EXPECT_TRUE(at::allclose(Output(Path("composed.pt"), x), expected, 1e-6, 1e-6));
}

TEST_F(CompositionTest, GivesWhatItsPartsGiveWithConvolutionsPoolingAndBatchNorms) {
  const std::string left = Build("left.pt", CnnOf(1, 3), 1);
  const std::string right = Build("right.pt", CnnOf(2, 4), 2);
  UseBatchNorms(left);
  UseBatchNorms(right);
  const Composition composition = ComposeFiles({left, right}, "", {});
  const at::Tensor x = at::randn({6, 3, 8, 8});
  const at::Tensor expected = at::cat({Output(left, x.slice(1, 0, 1)), Output(right, x.slice(1, 1, 3))}, 1);
  EXPECT_TRUE(at::allclose(Output(Path("composed.pt"), x), expected, 1e-5, 1e-6));
  ASSERT_EQ(composition.layers.size(), 3u);
  EXPECT_EQ(composition.layers[0].name, "stack.conv1");
  EXPECT_EQ(composition.layers[0].inputs, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(composition.layers[2].name, "stack.fc1");
  EXPECT_EQ(composition.layers[2].outputs, (std::vector<int64_t>{5, 5}));
}

TEST_F(CompositionTest, HeadAndBridgeFollow) {
  const std::string part = Build("part.pt", MlpOf({6, 9, 4}), 1);
  const std::string head = Build("head.pt", MlpOf({5, 3, 1}), 2);
  CompositionOptions options;
  options.bridge = true;
  options.bridge_activation = Activation::kTanh;
  options.seed = 7;
  const Composition composition = ComposeFiles({part, part}, head, options);
  const torch::jit::Module composed = torch::jit::load(Path("composed.pt"));
  const at::Tensor x = at::randn({20, 12});
  const at::Tensor stacked = at::cat({Output(part, x.slice(1, 0, 6)), Output(part, x.slice(1, 6, 12))}, 1);
  const auto bridge = composed.attr("bridge").toModule();
  const at::Tensor bridged =
      at::tanh(at::linear(stacked, bridge.attr("weight").toTensor(), bridge.attr("bias").toTensor()));
  EXPECT_EQ(bridge.attr("weight").toTensor().sizes(), (std::vector<int64_t>{5, 8}));
  EXPECT_TRUE(at::allclose(Output(Path("composed.pt"), x), Output(head, bridged.detach()), 1e-5, 1e-6));
  std::vector<std::string> names;
  for (const ComposedLayer& layer : composition.layers) names.push_back(layer.name);
  EXPECT_EQ(names, (std::vector<std::string>{"stack.fc1", "stack.fc2", "bridge", "head.fc1", "head.fc2"}));
}

TEST_F(CompositionTest, CrossConnectionsLieOffTheDiagonalAlone) {
  const std::string part = Build("part.pt", MlpOf({40, 50}), 1);
  CompositionOptions options;
  options.cross_deviation = 0.5;
  options.seed = 3;
  const Composition composition = ComposeFiles({part, part, part}, "", options);
  EXPECT_EQ(composition.cross_connections, 6 * 40 * 50);
  const at::Tensor weight =
      torch::jit::load(Path("composed.pt")).attr("stack").toModule().attr("fc1").toModule().attr("weight").toTensor();
  const at::Tensor own = torch::jit::load(part).attr("fc1").toModule().attr("weight").toTensor();
  const at::Tensor mask =
      torch::jit::load(Path("composed.pt")).attr("gradient_masks").toGenericDict().at("stack.fc1.weight").toTensor();
  for (int64_t p = 0; p < 3; ++p) {
    EXPECT_TRUE(at::equal(weight.narrow(0, 50 * p, 50).narrow(1, 40 * p, 40), own));
    EXPECT_FALSE(mask.narrow(0, 50 * p, 50).narrow(1, 40 * p, 40).any().item<bool>());
  }
  EXPECT_EQ(mask.sum().item<int64_t>(), composition.cross_connections);
  const at::Tensor cross = weight.masked_select(mask).detach();
  EXPECT_NEAR(cross.std().item<double>(), 0.5, 0.02);
  EXPECT_NEAR(cross.mean().item<double>(), 0, 0.02);
}

TEST_F(CompositionTest, SameModelsAndSeedGiveTheSameBytes) {
  const std::string part = Build("part.pt", MlpOf({6, 9, 4}), 1);
  CompositionOptions options;
  options.bridge = true;
  options.cross_deviation = 0.1;
  ComposeFiles({part, part}, "", options, "first.pt");
  ComposeFiles({part, part}, "", options, "second.pt");
  EXPECT_EQ(Bytes(Path("first.pt")), Bytes(Path("second.pt")));
  options.seed = 1;
  ComposeFiles({part, part}, "", options, "other.pt");
  EXPECT_NE(Bytes(Path("first.pt")), Bytes(Path("other.pt")));
}

TEST_F(CompositionTest, AcceptsWhatPythonWrites) {
  // As torch.jit.trace writes a convolution, and torch.jit.script a pooling without a stride.
  const std::string forward =
      "def forward(self, x):\n"
      "    x = torch._convolution(x, self.w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, False, False, True, "
      "True)\n"
      "    x = torch.relu_(x)\n"
      "    x = torch.max_pool2d(x, [2, 2])\n"
      "    x = torch.leaky_relu(x, 0.2)\n"
      "    x = torch.view(x, [torch.size(x, 0), -1])\n"
      "    return torch.linear(x, self.v, self.b)\n";
  const auto part = [&](const std::string& name) {
    return Define(name, forward,
                  {{"w", at::randn({3, 1, 3, 3})}, {"v", at::randn({2, 3 * 4 * 4})}, {"b", at::randn({2})}});
  };
  const std::string left = part("left.pt");
  const std::string right = part("right.pt");
  ComposeFiles({left, right}, "", {});
  const at::Tensor x = at::randn({5, 2, 8, 8});
  const at::Tensor expected = at::cat({Output(left, x.slice(1, 0, 1)), Output(right, x.slice(1, 1, 2))}, 1);
  EXPECT_TRUE(at::allclose(Output(Path("composed.pt"), x), expected, 1e-5, 1e-5));
}

/// What is wrong, in words.
class Refusal : public CompositionTest {
 protected:
  std::string Of(const std::vector<std::string>& parts, const std::string& head = "",
                 const CompositionOptions& options = {}, const std::vector<InputShape>& input_shapes = {}) {
    try {
      ComposeFiles(parts, head, options, "refused.pt", input_shapes);
    } catch (const Error& error) {
      kind_ = error.kind();
      part_ = error.metadata().count("part") > 0 ? error.metadata().at("part") : "";
      layer_ = error.metadata().count("layer") > 0 ? error.metadata().at("layer") : "";
      return error.what();
    }
    return "nothing is wrong";
  }
  ErrorKind kind_ = ErrorKind::kInvalidOption;
  std::string part_;
  std::string layer_;
};

TEST_F(Refusal, TooFewParts) {
  EXPECT_NE(Of({Build("a.pt", MlpOf({6, 4}), 1)}).find("two parts or more"), std::string::npos);
}

TEST_F(Refusal, OtherLayers) {
  const std::string a = Build("a.pt", MlpOf({6, 9, 4}), 1);
  std::string why = Of({a, Build("b.pt", MlpOf({6, 9, 4}, Activation::kTanh), 1)});
  EXPECT_NE(why.find("tanh"), std::string::npos) << why;
  EXPECT_NE(why.find("relu"), std::string::npos) << why;
  EXPECT_EQ(part_, "2");
  why = Of({a, Build("c.pt", MlpOf({6, 9, 5, 4}), 1)});
  EXPECT_NE(why.find("part 2"), std::string::npos) << why;
  EXPECT_NE(why.find("number of layers"), std::string::npos) << why;
}

TEST_F(Refusal, ShapesThatDoNotFit) {
  NetworkDescription larger = CnnOf(1, 3);
  larger.input_shape = {1, 12, 12};
  const std::string why = Of({Build("a.pt", CnnOf(1, 3), 1), Build("b.pt", larger, 1)});
  EXPECT_NE(why.find("[1, 8, 8]"), std::string::npos) << why;
  EXPECT_NE(why.find("[1, 12, 12]"), std::string::npos) << why;
}

TEST_F(Refusal, LayersThatDoNotFitByTheirNames) {
  NetworkDescription strided = CnnOf(1, 3);
  std::get<ConvolutionLayer>(strided.layers[2]).padding = 1;
  const std::string why = Of({Build("a.pt", CnnOf(1, 3), 1), Build("b.pt", strided, 1)});
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid) << why;
  EXPECT_EQ(part_, "2");
  EXPECT_EQ(layer_, "conv2") << why;
}

TEST_F(Refusal, HeadThatDoesNotTakeWhatComes) {
  const std::string part = Build("a.pt", MlpOf({6, 4}), 1);
  const std::string head = Build("head.pt", MlpOf({5, 1}), 1);
  std::string why = Of({part, part}, head);
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid);
  EXPECT_NE(why.find("the head does not take what the parts give together, [8]"), std::string::npos) << why;
  EXPECT_NE(why.find("expects 5 features"), std::string::npos) << why;
  EXPECT_EQ(part_, "head");
  EXPECT_EQ(layer_, "fc1");
  CompositionOptions bridge;
  bridge.bridge = true;
  bridge.bridge_outputs = 7;
  why = Of({part, part}, head, bridge);
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid);
  EXPECT_NE(why.find("what the bridge gives, [7]"), std::string::npos) << why;
  EXPECT_EQ(layer_, "fc1");
}

TEST_F(Refusal, HeadWhoseLaterLayersDoNotTakeWhatComes) {
  NetworkDescription images;
  images.input_shape = {1, 8, 8};
  images.layers = {ConvolutionLayer{3}};
  const std::string part = Build("a.pt", images, 1);
  NetworkDescription larger;
  larger.input_shape = {6, 7, 7};
  larger.layers = {ConvolutionLayer{4}, ConvolutionLayer{4}, LinearLayer{2}};
  const InputShape eight = {{1, 1, 8, 8}, ""};
  const std::string why = Of({part, part}, Build("head.pt", larger, 1), {}, {eight, eight});
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid);
  EXPECT_NE(why.find("what the parts give together, [6, 6, 6]"), std::string::npos) << why;
  EXPECT_NE(why.find("expects 36 features"), std::string::npos) << why;
  EXPECT_EQ(layer_, "fc1");
}

TEST_F(Refusal, HeadThatFailsOnWhatComes) {
  const std::string part = Build("a.pt", MlpOf({6, 4}), 1);
  const std::string head = Define("head.pt",
                                  "def forward(self, x):\n"
                                  "    return torch.linear(torch.view(x, [-1, 5]), self.w)\n",
                                  {{"w", at::randn({3, 5})}});
  const std::string why = Of({part, part}, head);
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid) << why;
  EXPECT_NE(why.find("[8]"), std::string::npos) << why;
  EXPECT_EQ(part_, "head");
}

/// A network whose input's shape its weights do not tell: height and width differ.
NetworkDescription Oblong(int64_t channels) {
  NetworkDescription network;
  network.input_shape = {channels, 8, 6};
  network.layers = {ConvolutionLayer{3}, LinearLayer{4}};
  return network;
}

TEST_F(CompositionTest, PartsMayHaveInputShapesThatCannotBeDerived) {
  const std::string left = Build("left.pt", Oblong(1), 1);
  const std::string right = Build("right.pt", Oblong(2), 2);
  // Batches of an example are no matter.
  ComposeFiles({left, right}, "", {}, "composed.pt", {{{5, 1, 8, 6}, ""}, {{1, 2, 8, 6}, ""}});
  const at::Tensor x = at::randn({7, 3, 8, 6});
  const at::Tensor expected = at::cat({Output(left, x.slice(1, 0, 1)), Output(right, x.slice(1, 1, 3))}, 1);
  EXPECT_TRUE(at::allclose(Output(Path("composed.pt"), x), expected, 1e-5, 1e-6));
}

TEST_F(Refusal, InputShapesThatAreNotKnown) {
  const std::string part = Build("a.pt", Oblong(1), 1);
  std::string why = Of({part, part});
  EXPECT_EQ(kind_, ErrorKind::kInputShapeInvalid);
  EXPECT_EQ(part_, "1");
  EXPECT_NE(why.find("to `modlab model push`"), std::string::npos) << why;
  why = Of({part, part}, "", {}, {{{1, 1, 8, 6}, ""}, {{1, 1, 8, 7}, ""}});
  EXPECT_EQ(kind_, ErrorKind::kInputShapeInvalid);
  EXPECT_EQ(part_, "2");
  EXPECT_EQ(why.find("push"), std::string::npos) << why;
}

TEST_F(Refusal, ImagesForAHeadBehindABridge) {
  const std::string part = Build("a.pt", MlpOf({6, 4}), 1);
  CompositionOptions bridge;
  bridge.bridge = true;
  const std::string why =
      Of({part, part}, Build("head.pt", Oblong(1), 1), bridge, {{{1, 6}, ""}, {{1, 6}, ""}, {{1, 1, 8, 6}, ""}});
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid) << why;
  EXPECT_NE(why.find("[1, 8, 6]"), std::string::npos) << why;
  EXPECT_EQ(part_, "head");
}

TEST_F(Refusal, ForwardsOfMoreThanATensor) {
  const std::string two =
      Define("a.pt", "def forward(self, x, y):\n    return torch.linear(x, self.w)\n", {{"w", at::randn({6, 6})}});
  const std::string why = Of({Build("b.pt", MlpOf({6, 6}), 1), two});
  EXPECT_EQ(kind_, ErrorKind::kCompositionInvalid);
  EXPECT_NE(why.find("must take one tensor"), std::string::npos) << why;
  EXPECT_EQ(part_, "2");
}

TEST_F(Refusal, BridgeBehindImages) {
  NetworkDescription images;
  images.input_shape = {1, 8, 8};
  images.layers = {ConvolutionLayer{3}};
  const std::string part = Build("a.pt", images, 1);
  CompositionOptions options;
  options.bridge = true;
  const std::string why = Of({part, part}, "", options);
  EXPECT_NE(why.find("bridge reads a vector"), std::string::npos) << why;
}

TEST_F(Refusal, WhatIsNoChain) {
  const std::vector<std::pair<std::string, at::Tensor>> weights = {{"w", at::randn({6, 6})}, {"v", at::randn({6, 6})}};
  std::string why = Of({Define("a.pt",
                               "def forward(self, x):\n"
                               "    y = torch.linear(x, self.w)\n"
                               "    return torch.linear(torch.relu(y), self.v) + y\n",
                               weights),
                        Build("b.pt", MlpOf({6, 6, 6}), 1)});
  EXPECT_NE(why.find("part 1 cannot be composed"), std::string::npos) << why;
  EXPECT_NE(why.find("aten::add"), std::string::npos) << why;
  why = Of({Build("b.pt", MlpOf({6, 6, 6}), 1), Define("c.pt",
                                                       "def forward(self, x):\n"
                                                       "    return torch.softmax(torch.linear(x, self.w), 1)\n",
                                                       weights)});
  EXPECT_NE(why.find("softmax"), std::string::npos) << why;
  EXPECT_EQ(part_, "2");
  why = Of({Define("d.pt", "def forward(self, x):\n    return torch.conv1d(x, self.w, None, 1, 0, 1, 2)\n",
                   {{"w", at::randn({4, 1, 3})}}),
            Build("b.pt", MlpOf({6, 6, 6}), 1)});
  EXPECT_NE(why.find("groups of channels"), std::string::npos) << why;
}

TEST_F(CompositionTest, HeadMayEndInSoftmax) {
  const std::string part = Build("part.pt", MlpOf({6, 4}), 1);
  const std::string head =
      Define("head.pt", "def forward(self, x):\n    return torch.log_softmax(torch.linear(x, self.w), 1)\n",
             {{"w", at::randn({3, 8})}});
  ComposeFiles({part, part}, head, {});
  const at::Tensor x = at::randn({7, 12});
  const at::Tensor stacked = at::cat({Output(part, x.slice(1, 0, 6)), Output(part, x.slice(1, 6, 12))}, 1);
  EXPECT_TRUE(at::allclose(Output(Path("composed.pt"), x), Output(head, stacked), 1e-5, 1e-6));
}

}  // namespace
}  // namespace modlab
