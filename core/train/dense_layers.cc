#include "core/train/dense_layers.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>

#include "core/graph/interpreter.h"

namespace modlab {
namespace {

namespace prim = c10::prim;
using torch::jit::Node;
using torch::jit::Value;

/// Thrown within this file: the module is not a chain of dense layers.
struct SomethingElse {};

void Require(bool condition) {
  if (!condition) throw SomethingElse();
}

/// Follows the one value that goes from the input to the output. All else must be known without running the module:
/// attributes, parameters and constants.
class Follower {
 public:
  DenseLayers Follow(const torch::jit::Module& module) {
    const auto graph = reader::InlinedGraph(module.get_method("forward").function());
    Require(graph->inputs().size() == 2 && graph->outputs().size() == 1);
    known_[graph->inputs()[0]] = module._ivalue();
    value_ = graph->inputs()[1];
    FollowBlock(*graph->block());
    Require(graph->outputs()[0] == value_ || SameAs(graph->outputs()[0]) == value_);
    Require(!found_.layers.empty());
    return std::move(found_);
  }

 private:
  /// What a value is another name of: the result of a condition of what its branch gave.
  const Value* SameAs(const Value* value) const {
    for (auto next = same_.find(value); next != same_.end(); next = same_.find(value)) value = next->second;
    return value;
  }
  bool IsValue(const Value* value) const { return SameAs(value) == value_; }
  const c10::IValue& Known(const Value* value) const {
    const auto found = known_.find(SameAs(value));
    Require(found != known_.end());
    return found->second;
  }

  void FollowBlock(const torch::jit::Block& block) {
    for (const Node* node : block.nodes()) FollowNode(*node);
  }

  void FollowNode(const Node& node) {
    if (node.kind() == prim::Constant) {
      known_[node.output()] = torch::jit::toIValue(node.output()).value_or(c10::IValue());
    } else if (node.kind() == prim::GetAttr) {
      known_[node.output()] = Known(node.input()).toObject()->getAttr(node.s(c10::attr::name));
    } else if (node.kind() == prim::ListConstruct) {
      c10::List<int64_t> numbers;
      for (const Value* input : node.inputs()) {
        Require(Known(input).isInt());
        numbers.push_back(Known(input).toInt());
      }
      known_[node.output()] = numbers;
    } else if (node.kind() == prim::If) {
      FollowIf(node);
    } else {
      FollowOperation(node);
    }
  }

  void FollowIf(const Node& node) {
    const c10::IValue condition = Known(node.input());
    Require(condition.isBool());
    const torch::jit::Block& branch = *node.blocks()[condition.toBool() ? 0 : 1];
    // train() and eval() change it, and this would see but one of them.
    Require(node.input()->node()->kind() != prim::GetAttr || node.input()->node()->s(c10::attr::name) != "training");
    FollowBlock(branch);
    for (size_t i = 0; i < node.outputs().size(); ++i) same_[node.outputs()[i]] = branch.outputs()[i];
  }

  void FollowOperation(const Node& node) {
    const std::string name = node.kind().toQualString();
    Require(!node.inputs().empty() && IsValue(node.input(0)) && node.outputs().size() == 1);
    if (name == "aten::linear") {
      AddLayer(Known(node.input(1)), Known(node.input(2)));
    } else if (name == "aten::flatten") {
      Require(Known(node.input(1)).toInt() == 1 && Known(node.input(2)).toInt() == -1);
      Require(found_.layers.empty());
      found_.flattens = true;
    } else if (name == "aten::view" || name == "aten::reshape") {
      const std::vector<int64_t> shape = Known(node.input(1)).toIntVector();
      Require(found_.layers.empty() && shape.size() == 2 && shape[0] == -1 && shape[1] > 0);
      Require(!flat_inputs_ || *flat_inputs_ == shape[1]);
      flat_inputs_ = shape[1];
      found_.flattens = true;
    } else if (name == "aten::gelu") {
      Require(node.inputs().size() < 2 || Known(node.input(1)).toStringRef() == "none");
      AddActivation(Activation::kGelu);
    } else if (name == "aten::relu" || name == "aten::relu_") {
      AddActivation(Activation::kRelu);
    } else if (name == "aten::tanh") {
      AddActivation(Activation::kTanh);
    } else if (name == "aten::sigmoid") {
      AddActivation(Activation::kSigmoid);
    } else {
      throw SomethingElse();
    }
    value_ = node.output();
  }

  void AddLayer(const c10::IValue& weight, const c10::IValue& bias) {
    DenseLayer layer;
    Require(weight.isTensor());
    layer.weight = weight.toTensor();
    Require(IsUsable(layer.weight) && layer.weight.dim() == 2);
    Require(found_.layers.empty() || found_.layers.back().weight.size(0) == layer.weight.size(1));
    Require(!found_.layers.empty() || !flat_inputs_ || *flat_inputs_ == layer.weight.size(1));
    if (!bias.isNone()) {
      layer.bias = bias.toTensor();
      Require(IsUsable(layer.bias) && layer.bias.dim() == 1 && layer.bias.size(0) == layer.weight.size(0));
    }
    found_.layers.push_back(std::move(layer));
  }

  /// Not seen before, so that every gradient has one place that it comes from.
  bool IsUsable(const at::Tensor& parameter) {
    return parameter.layout() == at::kStrided && parameter.scalar_type() == at::kFloat && parameter.is_cpu() &&
           parameter.is_contiguous() && parameter.is_leaf() && parameter.numel() > 0 &&
           storages_.insert(parameter.storage().unsafeGetStorageImpl()).second;
  }

  void AddActivation(Activation activation) {
    Require(!found_.layers.empty() && found_.layers.back().activation == Activation::kNone);
    found_.layers.back().activation = activation;
  }

  DenseLayers found_;
  std::unordered_map<const Value*, c10::IValue> known_;
  std::unordered_map<const Value*, const Value*> same_;
  const Value* value_ = nullptr;  ///< What the layers so far have computed.
  std::optional<int64_t> flat_inputs_;
  std::set<const void*> storages_;
};

}  // namespace

bool RequireGradients(const DenseLayers& layers) {
  return std::all_of(layers.layers.begin(), layers.layers.end(), [](const DenseLayer& layer) {
    return layer.weight.requires_grad() && (!layer.bias.defined() || layer.bias.requires_grad());
  });
}

std::optional<DenseLayers> FindDenseLayers(const torch::jit::Module& module) {
  try {
    return Follower().Follow(module);
  } catch (const SomethingElse&) {
    return std::nullopt;
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

}  // namespace modlab
