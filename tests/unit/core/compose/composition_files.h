#pragma once

#include <gtest/gtest.h>
#include <torch/script.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/build/model_builder.h"
#include "core/compose/composition.h"
#include "core/graph/model_reader.h"
#include "core/run_context.h"

namespace modlab {

/// A folder of models for one test.
class CompositionFiles : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool once = [] {
      Model::InitialiseLibTorch();
      return true;
    }();
    EXPECT_TRUE(once);
  }
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  /// Builds a network into a file of that name.
  std::string Build(const std::string& name, const NetworkDescription& network, uint64_t seed) const {
    BuildModel(network, seed, Path(name));
    return Path(name);
  }

  /// A module of one's own, in TorchScript.
  std::string Define(const std::string& name, const std::string& forward,
                     const std::vector<std::pair<std::string, at::Tensor>>& parameters) const {
    torch::jit::Module module("__torch__.Own");
    module.register_attribute("training", c10::BoolType::get(), true);
    for (const auto& [parameter, value] : parameters) module.register_parameter(parameter, value, false);
    module.define(forward);
    module.save(Path(name));
    return Path(name);
  }

  /// Input shapes of parts, and then of the head, as far as they are given.
  Composition ComposeFiles(const std::vector<std::string>& parts, const std::string& head,
                           const CompositionOptions& options, const std::string& name = "composed.pt",
                           const std::vector<InputShape>& input_shapes = {}) {
    std::vector<Model> models;
    models.reserve(parts.size() + 1);
    const auto load = [&](const std::string& file) -> Component {
      const size_t number = models.size();
      models.push_back(Model::Load(file));
      return {&models.back(), number < input_shapes.size() ? input_shapes[number] : InputShape()};
    };
    std::vector<Component> components;
    components.reserve(parts.size());
    for (const std::string& part : parts) components.push_back(load(part));
    std::optional<Component> follows;
    if (!head.empty()) follows = load(head);
    return Compose(components, follows, options, Path(name), context_);
  }

  at::Tensor Output(const std::string& path, const at::Tensor& input) const {
    const torch::NoGradGuard no_grad;
    torch::jit::Module module = torch::jit::load(path);
    module.eval();
    return module.forward({input}).toTensor();
  }

  std::string Bytes(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  RunContext context_{1};

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("modlab_composition." + std::to_string(getpid()) + "." +
                                                testing::UnitTest::GetInstance()->current_test_info()->name());
};

inline NetworkDescription MlpOf(std::vector<int64_t> units, Activation activation = Activation::kRelu) {
  NetworkDescription network;
  network.input_shape = {units.front()};
  for (size_t i = 1; i < units.size(); ++i) network.layers.emplace_back(LinearLayer{units[i]});
  network.hidden_activation = activation;
  return network;
}

inline NetworkDescription CnnOf(int64_t channels, int64_t filters) {
  NetworkDescription network;
  network.input_shape = {channels, 8, 8};
  network.layers = {ConvolutionLayer{filters, 3, 1, 1}, PoolingLayer{}, ConvolutionLayer{2 * filters, 3, 1, 0},
                    LinearLayer{5}};
  network.batch_norm = true;
  network.dropout = 0.25;
  return network;
}

}  // namespace modlab
