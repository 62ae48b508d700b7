#include "core/compose/composition.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/script.h>

#include <memory>
#include <utility>

#include "core/build/module_parts.h"
#include "core/compose/chain_writer.h"
#include "core/compose/layer_chain.h"
#include "core/compose/stacking.h"
#include "core/error.h"
#include "core/random.h"

namespace modlab {
namespace {

using TensorsByName = c10::impl::GenericDict;

TensorsByName NoTensors() { return TensorsByName(c10::StringType::get(), c10::TensorType::get()); }

class Composer {
 public:
  Composer(const std::vector<Component>& parts, const std::optional<Component>& head, const CompositionOptions& options,
           RunContext& context)
      : options_(options),
        bridge_generator_(at::make_generator<at::CPUGeneratorImpl>(options.seed)),
        cross_generator_(at::make_generator<at::CPUGeneratorImpl>(Random::DerivedSeed(options.seed, 1))),
        types_(std::make_shared<torch::jit::CompilationUnit>()),
        root_(NewModule("Composition", types_)) {
    for (size_t i = 0; i < parts.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      parts_.push_back(ReadLayerChain(*parts[i].model, "part " + number, number, parts[i].input_shape, context));
      for (const ChainLayer& layer : parts_.back().layers) {
        if (layer.kind != ChainLayer::Kind::kMixing) continue;
        throw Error(ErrorKind::kCompositionInvalid,
                    "part " + number + " cannot be composed: " + layer.Phrase() +
                        " is over all of a part's units, and would be over those of all parts",
                    {{"part", number}, {"layer", layer.name}});
      }
    }
    CheckPartsFit(parts_);
    output_ = parts_.front().output;
    output_[1] = 0;
    for (const LayerChain& part : parts_) output_[1] += part.output[1];
    if (head) ReadHead(*head, context);
  }

  torch::jit::Module Compose() {
    AddStack();
    if (options_.bridge) AddBridge();
    if (!head_.layers.empty()) AddHead();
    root_.define("def forward(self, x):\n" + forward_ + "    return x\n");
    root_.register_attribute("composed_parts", c10::IntType::get(), static_cast<int64_t>(parts_.size()));
    AddAttribute("planted_partition", planted_);
    AddAttribute("gradient_masks", masks_);
    return root_;
  }

  const Composition& description() const { return description_; }

 private:
  void ReadHead(const Component& head, RunContext& context) {
    const auto read_following = [&](const std::vector<int64_t>& values, const std::string& phrase) {
      return ReadFollowingChain(*head.model, "the head", "head", values, phrase, context);
    };
    if (!options_.bridge) {
      head_ = read_following(output_, "what the parts give together");
    } else if (options_.bridge_outputs) {
      head_ = read_following({1, *options_.bridge_outputs}, "what the bridge gives");
    } else {
      head_ = ReadLayerChain(*head.model, "the head", "head", head.input_shape, context);
    }
    if (options_.bridge && head_.input.size() != 2) {
      throw Error(ErrorKind::kCompositionInvalid,
                  "the head reads " + SampleShape(head_.input) + ", and a bridge gives a vector: leave the bridge out",
                  {{"part", "head"}});
    }
  }

  void AddAttribute(const std::string& name, const TensorsByName& tensors) {
    root_.register_attribute(name, c10::DictType::create(c10::StringType::get(), c10::TensorType::get()), tensors);
  }

  void AddLine(const std::string& expression) { forward_ += "    x = " + expression + "\n"; }

  void AddSubmodule(const std::string& name, const torch::jit::Module& module) {
    root_.register_module(name, module);
    AddLine("self." + name + ".forward(x)");
  }

  /// Says of which part a group's units are: so many of each, one after the other.
  void Plant(const std::string& group, const std::vector<int64_t>& units, int64_t first_part) {
    std::vector<at::Tensor> labels;
    for (size_t i = 0; i < units.size(); ++i) {
      labels.push_back(at::full({units[i]}, first_part + static_cast<int64_t>(i), at::kLong));
    }
    planted_.insert(group, at::cat(labels));
  }

  void Describe(const std::string& name, const ChainLayer& layer, std::vector<int64_t> inputs,
                std::vector<int64_t> outputs) {
    description_.layers.push_back({name, layer.operation, std::move(inputs), std::move(outputs)});
  }

  void AddStack() {
    ChainWriter writer("Stack", types_);
    bool first = true;
    for (size_t i = 0; i < parts_.front().layers.size(); ++i) {
      std::vector<const ChainLayer*> layers;
      for (const LayerChain& part : parts_) layers.push_back(&part.layers[i]);
      const StackedLayer stacked = Stack(layers, options_.cross_deviation, cross_generator_);
      const std::string submodule = writer.Add(stacked.layer);
      if (submodule.empty()) continue;
      const std::string name = "stack." + submodule;
      MaskAll(name, stacked.layer);
      if (!stacked.layer.has_weights()) continue;
      masks_.insert_or_assign(name + ".weight", stacked.cross);
      description_.cross_connections += stacked.cross.sum().item<int64_t>();
      std::vector<int64_t> inputs;
      std::vector<int64_t> outputs;
      for (const ChainLayer* layer : layers) {
        inputs.push_back(layer->weight.size(1));
        outputs.push_back(layer->weight.size(0));
      }
      if (first) PlantInput();
      first = false;
      Plant(name, outputs, 0);
      Describe(name, stacked.layer, inputs, outputs);
    }
    AddSubmodule("stack", writer.Finish());
  }

  void PlantInput() {
    std::vector<int64_t> units;
    for (const LayerChain& part : parts_) units.push_back(part.input[1]);
    Plant("input", units, 0);
  }

  /// What the layer has is of a part, or of the head: frozen where these are.
  void MaskAll(const std::string& name, const ChainLayer& layer) {
    if (layer.weight.defined()) masks_.insert_or_assign(name + ".weight", at::zeros(layer.weight.sizes(), at::kBool));
    if (layer.bias.defined()) masks_.insert_or_assign(name + ".bias", at::zeros(layer.bias.sizes(), at::kBool));
  }

  int64_t after_parts() const { return static_cast<int64_t>(parts_.size()); }

  void AddBridge() {
    if (output_.size() != 2) {
      throw Error(ErrorKind::kCompositionInvalid, "the parts give " + SampleShape(output_) +
                                                      " together, and a bridge reads a vector: flatten at the "
                                                      "parts' end, or leave the bridge out");
    }
    const int64_t outputs = head_.layers.empty() ? options_.bridge_outputs.value_or(output_[1]) : head_.input[1];
    torch::jit::Module bridge = NewModule("Bridge", types_);
    AddDefaultWeights(bridge, {outputs, output_[1]}, true, bridge_generator_);
    bridge.define("def forward(self, x):\n    return torch.linear(x, self.weight, self.bias)\n");
    AddSubmodule("bridge", bridge);
    if (const std::string activation = ActivationCall(options_.bridge_activation); !activation.empty()) {
      AddLine(activation);
    }
    Plant("bridge", {outputs}, after_parts());
    description_.layers.push_back({"bridge", "linear", {output_[1]}, {outputs}});
  }

  void AddHead() {
    ChainWriter writer("Head", types_);
    for (const ChainLayer& layer : head_.layers) {
      const std::string submodule = writer.Add(layer);
      if (submodule.empty()) continue;
      const std::string name = "head." + submodule;
      MaskAll(name, layer);
      if (!layer.has_weights()) continue;
      Plant(name, {layer.weight.size(0)}, after_parts());
      Describe(name, layer, {layer.weight.size(1)}, {layer.weight.size(0)});
    }
    AddSubmodule("head", writer.Finish());
  }

  const CompositionOptions& options_;
  std::vector<LayerChain> parts_;
  LayerChain head_;              ///< Without layers: none.
  std::vector<int64_t> output_;  ///< Of the stack, with a batch of one.
  at::Generator bridge_generator_;
  at::Generator cross_generator_;
  std::shared_ptr<torch::jit::CompilationUnit> types_;
  torch::jit::Module root_;
  std::string forward_;
  TensorsByName planted_ = NoTensors();
  TensorsByName masks_ = NoTensors();
  Composition description_;
};

}  // namespace

Composition Compose(const std::vector<Component>& parts, const std::optional<Component>& head,
                    const CompositionOptions& options, const std::string& path, RunContext& context) {
  if (parts.size() < 2) {
    throw Error(ErrorKind::kCompositionInvalid,
                "a composition has two parts or more; name the same model twice, if you "
                "want two of it");
  }
  const torch::NoGradGuard no_grad;
  Composer composer(parts, head, options, context);
  context.Report("write");
  SaveModule(MakeOrExplain([&] { return composer.Compose(); }), path);
  return composer.description();
}

}  // namespace modlab
