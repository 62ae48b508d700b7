#include "core/compose/stacking.h"

#include <algorithm>
#include <string>

#include "core/compose/chain_writer.h"
#include "core/error.h"

namespace modlab {
namespace {

[[noreturn]] void Refuse(size_t part, const ChainLayer& layer, const std::string& why) {
  throw Error(ErrorKind::kCompositionInvalid,
              "part " + std::to_string(part + 1) + " does not fit beside part 1: its " + layer.Phrase() + " " + why,
              {{"part", std::to_string(part + 1)}, {"layer", layer.name}});
}

/// Whether shapes agree in everything but how many features or channels there are.
bool AgreeButForUnits(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  if (a.size() != b.size()) return false;
  for (size_t axis = 0; axis < a.size(); ++axis) {
    if (axis != 1 && a[axis] != b[axis]) return false;
  }
  return true;
}

void CheckLayersFit(const ChainLayer& first, const ChainLayer& other, size_t part) {
  if (first.kind != other.kind || first.operation != other.operation) {
    Refuse(part, other,
           "is where part 1 has " + first.Phrase() + "; parts have the same kinds of layers in the same order");
  }
  if (!AgreeButForUnits(first.input, other.input) || !AgreeButForUnits(first.output, other.output)) {
    Refuse(part, other,
           "makes " + SampleShape(other.output) + " of " + SampleShape(other.input) + ", and part 1's makes " +
               SampleShape(first.output) + " of " + SampleShape(first.input) +
               "; they may differ in the number of features or channels alone");
  }
  if (first.has_weights() && first.weight.sizes().slice(2) != other.weight.sizes().slice(2)) {
    Refuse(part, other, "has a kernel of another size than part 1's");
  }
  if (first.kind == ChainLayer::Kind::kBatchNorm &&
      (first.weight.defined() != other.weight.defined() || first.bias.defined() != other.bias.defined())) {
    Refuse(part, other, "has a scale and a shift, or none, unlike part 1's");
  }
  for (const auto& [name, value] : first.settings) {
    const std::string text = SettingText(value);
    const std::string other_text = SettingText(other.setting(name));
    if (text == other_text) continue;
    std::string why = "has ";
    why.append(name).append(" ").append(other_text).append(", and part 1's has ").append(text);
    Refuse(part, other, why);
  }
}

/// One after the other along the first axis; undefined where none is defined, zeros for those that are not.
at::Tensor Joined(const std::vector<const ChainLayer*>& layers, at::Tensor ChainLayer::*member) {
  const bool any =
      std::any_of(layers.begin(), layers.end(), [&](const ChainLayer* layer) { return (layer->*member).defined(); });
  if (!any) return {};
  std::vector<at::Tensor> tensors;
  for (const ChainLayer* layer : layers) {
    const at::Tensor& tensor = layer->*member;
    tensors.push_back(tensor.defined() ? tensor.detach() : at::zeros({layer->weight.size(0)}));
  }
  return at::cat(tensors);
}

}  // namespace

void CheckPartsFit(const std::vector<LayerChain>& parts) {
  const LayerChain& first = parts.front();
  for (size_t part = 1; part < parts.size(); ++part) {
    const LayerChain& other = parts[part];
    if (!AgreeButForUnits(first.input, other.input)) {
      throw Error(ErrorKind::kCompositionInvalid,
                  "part " + std::to_string(part + 1) + " reads " + SampleShape(other.input) + ", and part 1 " +
                      SampleShape(first.input) + "; they may differ in the number of features or channels alone",
                  {{"part", std::to_string(part + 1)}});
    }
    for (size_t i = 0; i < std::min(first.layers.size(), other.layers.size()); ++i) {
      CheckLayersFit(first.layers[i], other.layers[i], part);
    }
    if (first.layers.size() != other.layers.size()) {
      throw Error(ErrorKind::kCompositionInvalid,
                  "part " + std::to_string(part + 1) + " has " + std::to_string(other.layers.size()) +
                      " layers (activations and the like included), and part 1 has " +
                      std::to_string(first.layers.size()) + "; parts have the same number of layers",
                  {{"part", std::to_string(part + 1)}});
    }
  }
}

StackedLayer Stack(const std::vector<const ChainLayer*>& layers, double cross_deviation, at::Generator& generator) {
  StackedLayer stacked{*layers.front(), {}};
  ChainLayer& layer = stacked.layer;
  layer.bias = Joined(layers, &ChainLayer::bias);
  layer.mean = Joined(layers, &ChainLayer::mean);
  layer.variance = Joined(layers, &ChainLayer::variance);
  if (!layer.has_weights()) {
    layer.weight = Joined(layers, &ChainLayer::weight);
    return stacked;
  }
  std::vector<int64_t> shape = layer.weight.sizes().vec();
  shape[0] = shape[1] = 0;
  for (const ChainLayer* part : layers) {
    shape[0] += part->weight.size(0);
    shape[1] += part->weight.size(1);
  }
  layer.weight = at::zeros(shape);
  if (cross_deviation > 0) layer.weight.normal_(0, cross_deviation, generator);
  stacked.cross = at::ones(shape, at::kBool);
  int64_t row = 0;
  int64_t column = 0;
  for (const ChainLayer* part : layers) {
    const auto place = [&](const at::Tensor& tensor) {
      return tensor.narrow(0, row, part->weight.size(0)).narrow(1, column, part->weight.size(1));
    };
    place(layer.weight).copy_(part->weight.detach());
    place(stacked.cross).fill_(false);
    row += part->weight.size(0);
    column += part->weight.size(1);
  }
  return stacked;
}

}  // namespace modlab
