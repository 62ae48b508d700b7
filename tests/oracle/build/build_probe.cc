// Builds models from descriptions, for comparison with PyTorch's own layers. Usage:
//
//   build_probe < NETWORKS
//
// NETWORKS: lines of FILE SEED INPUT_SHAPE LAYERS [KEY=VALUE ...], for each of which a model is saved. INPUT_SHAPE:
// `3,32,32`. LAYERS, with commas between them: `linear:OUTPUTS`, `convolution:CHANNELS:KERNEL:STRIDE:PADDING`,
// `maximum:KERNEL:STRIDE`, `average:KERNEL:STRIDE`. KEYs: `hidden` and `output` (none, relu, tanh, sigmoid, gelu),
// `dropout`, `batch_norm`, `bias`.

#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/build/model_builder.h"

namespace modlab {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

LayerDescription ParseLayer(const std::string& text) {
  const std::vector<std::string> parts = Split(text, ':');
  const auto number = [&](size_t i) { return static_cast<int64_t>(std::stoll(parts.at(i))); };
  if (parts.at(0) == "linear") return LinearLayer{number(1)};
  if (parts.at(0) == "convolution") return ConvolutionLayer{number(1), number(2), number(3), number(4)};
  if (parts.at(0) == "maximum") return PoolingLayer{PoolingLayer::Kind::kMaximum, number(1), number(2)};
  if (parts.at(0) == "average") return PoolingLayer{PoolingLayer::Kind::kAverage, number(1), number(2)};
  throw std::runtime_error("unknown layer " + text);
}

Activation ParseActivation(const std::string& name) {
  const std::map<std::string, Activation> activations = {{"none", Activation::kNone},
                                                         {"relu", Activation::kRelu},
                                                         {"tanh", Activation::kTanh},
                                                         {"sigmoid", Activation::kSigmoid},
                                                         {"gelu", Activation::kGelu}};
  return activations.at(name);
}

void Build(const std::vector<std::string>& words) {
  NetworkDescription network;
  for (const std::string& size : Split(words.at(2), ',')) network.input_shape.push_back(std::stoll(size));
  for (const std::string& layer : Split(words.at(3), ',')) network.layers.push_back(ParseLayer(layer));
  for (size_t i = 4; i < words.size(); ++i) {
    const std::string key = words[i].substr(0, words[i].find('='));
    const std::string value = words[i].substr(key.size() + 1);
    if (key == "hidden") {
      network.hidden_activation = ParseActivation(value);
    } else if (key == "output") {
      network.output_activation = ParseActivation(value);
    } else if (key == "dropout") {
      network.dropout = std::stod(value);
    } else if (key == "batch_norm") {
      network.batch_norm = value == "1";
    } else if (key == "bias") {
      network.bias = value == "1";
    } else {
      throw std::runtime_error("unknown key " + key);
    }
  }
  BuildModel(network, std::stoull(words.at(1)), words.at(0));
}

}  // namespace
}  // namespace modlab

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) modlab::Build(modlab::Split(line, ' '));
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "build_probe: %s\n", exception.what());
    return 1;
  }
}
