#pragma once

#include <torch/script.h>

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/operations/call.h"
#include "core/run_context.h"

namespace modlab::reader {

/// A copy of a method's graph with all calls inlined whose target is known.
std::shared_ptr<torch::jit::Graph> InlinedGraph(const torch::jit::Function& function);

/// Executes an inlined TorchScript graph node by node, with real tensors, and follows the units through it: control
/// flow, shapes and attributes are thereby what they are when the model itself runs.
class Interpreter {
 public:
  Interpreter(Run& run, RunContext& context);

  /// Runs a graph on `inputs` (self first, where it is a method's) and returns its result, a tuple if it has several.
  /// Errors: kOperationUnsupported, kOutOfMemory, ForwardFailure, ShapeMismatch, Cancelled.
  c10::IValue RunGraph(const torch::jit::Graph& graph, std::vector<c10::IValue> inputs);

 private:
  /// The values of one call of a graph that are still needed.
  using Frame = std::unordered_map<const torch::jit::Value*, c10::IValue>;
  using Node = torch::jit::Node;
  /// Values that nothing in their block uses after a node, by node.
  using LastUses = std::unordered_map<const Node*, std::vector<const torch::jit::Value*>>;

  void FindLastUses(const torch::jit::Block& block);
  /// Forgets what is used no more after a node, so that activations need no more memory than when the model runs.
  void DropUnused(const Node& node, Frame& frame);
  std::vector<c10::IValue> RunBlock(const torch::jit::Block& block, Frame& frame);
  void RunNode(const Node& node, Frame& frame);
  void RunIf(const Node& node, Frame& frame);
  void RunLoop(const Node& node, Frame& frame);
  std::vector<c10::IValue> RunMethod(const Node& node, std::vector<c10::IValue> arguments);
  std::vector<c10::IValue> RunOperation(const Node& node, std::vector<c10::IValue> arguments);
  c10::IValue ReadAttribute(const Node& node, const c10::IValue& object);
  c10::IValue ReadConstant(const Node& node);

  Run& run_;
  RunContext& context_;
  std::unordered_set<const torch::jit::Graph*> known_;
  LastUses last_uses_;
  std::unordered_map<const torch::jit::Function*, std::shared_ptr<torch::jit::Graph>> called_;
};

}  // namespace modlab::reader
