// tests/oracle/build compares weights and outputs with PyTorch's own layers.
#include "core/build/model_builder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/script.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/graph/model_reader.h"
#include "core/run_context.h"

namespace modlab {
namespace {

class ModelBuilder : public testing::Test {
 protected:
  static void SetUpTestSuite() { Model::InitialiseLibTorch(); }
  void SetUp() override { std::filesystem::create_directory(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  std::string BytesOf(const NetworkDescription& network, uint64_t seed, const std::string& name) const {
    BuildModel(network, seed, Path(name));
    std::ifstream file(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  torch::jit::Module Load(const NetworkDescription& network, uint64_t seed = 1) const {
    BuildModel(network, seed, Path("model.pt"));
    return torch::jit::load(Path("model.pt"));
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("modlab_model_builder." + std::to_string(getpid()));
};

NetworkDescription Mlp() {
  NetworkDescription network;
  network.input_shape = {6};
  network.layers = {LinearLayer{8}, LinearLayer{5}, LinearLayer{3}};
  return network;
}

NetworkDescription Cnn() {
  NetworkDescription network;
  network.input_shape = {2, 8, 8};
  network.layers = {ConvolutionLayer{4, 3, 1, 1}, PoolingLayer{}, ConvolutionLayer{6, 3, 1, 0}, LinearLayer{5},
                    LinearLayer{3}};
  network.batch_norm = true;
  return network;
}

at::Tensor Forward(torch::jit::Module& module, const at::Tensor& input) { return module.forward({input}).toTensor(); }

TEST_F(ModelBuilder, NamesLayersAndMakesAllParametersTrainable) {
  const torch::jit::Module module = Load(Cnn());
  EXPECT_TRUE(module.is_training());
  std::vector<std::string> names;
  for (const auto& parameter : module.named_parameters()) {
    names.push_back(parameter.name);
    EXPECT_TRUE(parameter.value.requires_grad()) << parameter.name;
    EXPECT_TRUE(parameter.value.is_leaf());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "conv2.weight",
                                             "conv2.bias", "bn2.weight", "bn2.bias", "fc1.weight", "fc1.bias",
                                             "fc2.weight", "fc2.bias"}));
  EXPECT_EQ(module.named_buffers().size(), 6);
}

TEST_F(ModelBuilder, LeavesBiasesOutWhereThereAreNone) {
  NetworkDescription network = Mlp();
  network.bias = false;
  torch::jit::Module module = Load(network);
  EXPECT_EQ(module.named_parameters().size(), 3);
  EXPECT_TRUE(at::equal(Forward(module, at::zeros({1, 6})), at::zeros({1, 3})));
}

TEST_F(ModelBuilder, GivesTheSameBytesForTheSameSeed) {
  for (const NetworkDescription& network : {Mlp(), Cnn()}) {
    const std::string bytes = BytesOf(network, 7, "first.pt");
    EXPECT_GT(bytes.size(), 1000);
    EXPECT_EQ(BytesOf(network, 7, "second_name.pt"), bytes);
    EXPECT_NE(BytesOf(network, 8, "other.pt"), bytes);
  }
}

TEST_F(ModelBuilder, LeavesLibTorchsRandomNumbersAlone) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  generator.set_current_seed(3);
  const at::Tensor expected = at::rand({4});
  generator.set_current_seed(3);
  BuildModel(Mlp(), 99, Path("model.pt"));
  EXPECT_TRUE(at::equal(at::rand({4}), expected));
}

TEST_F(ModelBuilder, DropsHiddenValuesInTrainingOnly) {
  NetworkDescription network = Mlp();
  network.dropout = 0.5;
  torch::jit::Module module = Load(network);
  const at::Tensor input = at::ones({4, 6});
  EXPECT_FALSE(at::equal(Forward(module, input), Forward(module, input)));
  module.eval();
  const at::Tensor output = Forward(module, input);
  EXPECT_TRUE(at::equal(output, Forward(module, input)));
  torch::jit::Module without = Load(Mlp());
  EXPECT_TRUE(at::equal(output, Forward(without, input)));
  module.train();
  EXPECT_FALSE(at::equal(Forward(module, input), Forward(module, input)));
}

TEST_F(ModelBuilder, NeverDropsOutputs) {
  NetworkDescription network;
  network.input_shape = {3};
  network.layers = {LinearLayer{50}};
  network.dropout = 0.9;
  torch::jit::Module module = Load(network);
  EXPECT_EQ(at::count_nonzero(Forward(module, at::ones({1, 3}))).item<int64_t>(), 50);
}

TEST_F(ModelBuilder, NormsLearnTheirStatisticsInTrainingOnly) {
  torch::jit::Module module = Load(Cnn());
  const auto mean = [&] { return module.attr("bn1").toModule().attr("running_mean").toTensor().clone(); };
  const auto batches = [&] {
    return module.attr("bn1").toModule().attr("num_batches_tracked").toTensor().item<int64_t>();
  };
  const at::Tensor input = at::rand({4, 2, 8, 8});
  module.eval();
  Forward(module, input);
  EXPECT_TRUE(at::equal(mean(), at::zeros({4})));
  EXPECT_EQ(batches(), 0);
  module.train();
  Forward(module, input);
  EXPECT_FALSE(at::equal(mean(), at::zeros({4})));
  EXPECT_EQ(batches(), 1);
}

TEST_F(ModelBuilder, PutsActivationsWhereTheyBelong) {
  NetworkDescription network = Mlp();
  network.hidden_activation = Activation::kNone;
  network.output_activation = Activation::kSigmoid;
  torch::jit::Module module = Load(network);
  at::Tensor expected = at::rand({2, 6});
  const at::Tensor output = Forward(module, expected);
  for (const char* layer : {"fc1", "fc2", "fc3"}) {
    const torch::jit::Module part = module.attr(layer).toModule();
    expected = at::linear(expected, part.attr("weight").toTensor(), part.attr("bias").toTensor());
  }
  EXPECT_TRUE(at::allclose(output, at::sigmoid(expected)));
}

TEST_F(ModelBuilder, GradientsReachEveryParameter) {
  for (const NetworkDescription& network : {Mlp(), Cnn()}) {
    torch::jit::Module module = Load(network);
    std::vector<int64_t> shape = network.input_shape;
    shape.insert(shape.begin(), 16);
    Forward(module, at::rand(shape)).square().sum().backward();
    for (const auto& parameter : module.named_parameters()) {
      EXPECT_TRUE(parameter.value.grad().defined()) << parameter.name;
    }
  }
}

std::vector<std::string> GroupNames(const UnitGraph& graph) {
  std::vector<std::string> names;
  for (const Group& group : graph.groups()) names.push_back(group.name + ":" + std::to_string(group.units));
  return names;
}

TEST_F(ModelBuilder, OurReaderSeesItsLayers) {
  RunContext context;
  for (const Activation activation :
       {Activation::kNone, Activation::kRelu, Activation::kTanh, Activation::kSigmoid, Activation::kGelu}) {
    NetworkDescription mlp = Mlp();
    mlp.hidden_activation = activation;
    mlp.output_activation = activation;
    mlp.dropout = 0.25;
    BuildModel(mlp, 1, Path("model.pt"));
    EXPECT_EQ(GroupNames(Model::Load(Path("model.pt")).Read({}, context)),
              (std::vector<std::string>{"input:6", "fc1:8", "fc2:5", "fc3:3"}));
  }

  for (const auto kind : {PoolingLayer::Kind::kMaximum, PoolingLayer::Kind::kAverage}) {
    NetworkDescription cnn = Cnn();
    cnn.layers[1] = PoolingLayer{kind, 2, 2};
    BuildModel(cnn, 1, Path("model.pt"));
    ReaderOptions options;
    options.input_shapes = {{{1, 2, 8, 8}, ""}};
    EXPECT_EQ(GroupNames(Model::Load(Path("model.pt")).Read(options, context)),
              (std::vector<std::string>{"input:2", "conv1:4", "conv2:6", "fc1:5", "fc2:3"}));
  }
}

TEST_F(ModelBuilder, RefusesWhatDoesNotFit) {
  NetworkDescription network = Cnn();
  network.input_shape = {2, 3, 3};
  EXPECT_THROW(BuildModel(network, 1, Path("model.pt")), Error);
  EXPECT_FALSE(std::filesystem::exists(Path("model.pt")));
}

TEST_F(ModelBuilder, SaysThatAFileCannotBeWritten) {
  EXPECT_THROW(BuildModel(Mlp(), 1, Path("no_folder/model.pt")), std::runtime_error);
  EXPECT_THROW(BuildModel(Mlp(), 1, "/dev/full"), std::runtime_error);
}

}  // namespace
}  // namespace modlab
