#include "core/graph/interpreter.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>

#include "core/error.h"
#include "core/graph/construction.h"
#include "core/graph/operations/operations.h"
#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

namespace prim = c10::prim;
using torch::jit::Node;
using torch::jit::Value;

/// Calls of methods of interfaces are the only ones that are left after inlining, and the only way to recursion.
constexpr size_t kDeepestCall = 200;

std::vector<c10::IValue> Inputs(const Node& node, const std::unordered_map<const Value*, c10::IValue>& frame) {
  std::vector<c10::IValue> inputs;
  inputs.reserve(node.inputs().size());
  for (const Value* input : node.inputs()) inputs.push_back(frame.at(input));
  return inputs;
}

/// Nodes that matter to the compiler, to a person at a terminal or on a GPU only. Their results, if any, are their
/// inputs.
bool HasNoEffect(const Node& node) {
  static const c10::Symbol to_gpu = c10::Symbol::fromQualString("aten::cuda");
  if (node.kind() == to_gpu) return true;
  switch (node.kind()) {
    case prim::Print:
    case prim::Enter:
    case prim::Exit:
    case prim::profile:
    case prim::profile_ivalue:
    case prim::unchecked_cast:
    case c10::aten::warn:
      return true;
    default:
      return false;
  }
}

/// Models that were made on a GPU name it, in constants, attributes and strings; they are read on the CPU.
c10::IValue OnCpu(const c10::IValue& value) { return value.isDevice() ? c10::IValue(c10::Device(c10::kCPU)) : value; }

}  // namespace

std::shared_ptr<torch::jit::Graph> InlinedGraph(const torch::jit::Function& function) {
  auto graph = torch::jit::toGraphFunction(function).graph()->copy();
  torch::jit::Inline(*graph);
  return graph;
}

Interpreter::Interpreter(Run& run, RunContext& context) : run_(run), context_(context) {
  run_.follow = [this](const torch::jit::Graph& graph, std::vector<c10::IValue> inputs) {
    return RunGraph(graph, std::move(inputs));
  };
}

void Interpreter::FindLastUses(const torch::jit::Block& block) {
  const auto find = [&](const Value& value, const Node* last) {
    for (const torch::jit::Use& use : value.uses()) {
      const Node* user = use.user;
      while (user->owningBlock() != &block) user = user->owningBlock()->owningNode();
      if (last == nullptr || user->isAfter(last)) last = user;
    }
    if (last != nullptr) last_uses_[last].push_back(&value);
  };
  for (const Value* input : block.inputs()) find(*input, nullptr);
  for (const Node* node : block.nodes()) {
    for (const Value* output : node->outputs()) find(*output, node);
    for (const torch::jit::Block* inner : node->blocks()) FindLastUses(*inner);
  }
}

void Interpreter::DropUnused(const Node& node, Frame& frame) {
  const auto unused = last_uses_.find(&node);
  if (unused == last_uses_.end()) return;
  for (const Value* value : unused->second) frame.erase(value);
}

c10::IValue Interpreter::RunGraph(const torch::jit::Graph& graph, std::vector<c10::IValue> inputs) {
  if (known_.insert(&graph).second) FindLastUses(*graph.block());
  Frame frame;
  for (size_t i = 0; i < inputs.size(); ++i) frame[graph.inputs()[i]] = std::move(inputs[i]);
  std::vector<c10::IValue> outputs = RunBlock(*graph.block(), frame);
  return outputs.size() == 1 ? outputs.front() : c10::ivalue::Tuple::create(std::move(outputs));
}

std::vector<c10::IValue> Interpreter::RunBlock(const torch::jit::Block& block, Frame& frame) {
  for (const Node* node : block.nodes()) {
    context_.CheckCancelled();
    RunNode(*node, frame);
    DropUnused(*node, frame);
  }
  std::vector<c10::IValue> results = Inputs(*block.return_node(), frame);
  DropUnused(*block.return_node(), frame);
  return results;
}

void Interpreter::RunNode(const Node& node, Frame& frame) {
  if (node.kind() == prim::If) return RunIf(node, frame);
  if (node.kind() == prim::Loop) return RunLoop(node, frame);

  std::vector<c10::IValue> values;
  if (node.kind() == prim::Constant) {
    values = {ReadConstant(node)};
  } else if (node.kind() == prim::Uninitialized) {
    values = {c10::IValue::uninitialized()};
  } else {
    values = RunOperation(node, Inputs(node, frame));
  }
  const bool unpacks = node.kind() == prim::ListUnpack;  // `a, b, c = x.size()`, of a matrix
  if (values.size() < node.outputs().size() || (unpacks && values.size() > node.outputs().size())) {
    throw ForwardFailure(
        std::to_string(node.outputs().size()) + " values are taken from " + std::to_string(values.size()),
        node.kind().toQualString(), run_.Locate(node));
  }
  for (size_t i = 0; i < node.outputs().size(); ++i) frame[node.outputs()[i]] = OnCpu(std::move(values.at(i)));
}

void Interpreter::RunIf(const Node& node, Frame& frame) {
  const bool condition = frame.at(node.input(0)).toBool();
  std::vector<c10::IValue> values = RunBlock(*node.blocks()[condition ? 0 : 1], frame);
  for (size_t i = 0; i < values.size(); ++i) frame[node.outputs()[i]] = std::move(values[i]);
}

void Interpreter::RunLoop(const Node& node, Frame& frame) {
  const torch::jit::Block& body = *node.blocks()[0];
  std::vector<c10::IValue> carried = Inputs(node, frame);
  const int64_t most_trips = carried[0].toInt();
  bool goes_on = carried[1].toBool();
  carried.erase(carried.begin(), carried.begin() + 2);
  for (int64_t trip = 0; goes_on && trip < most_trips; ++trip) {
    context_.CheckCancelled();
    frame[body.inputs()[0]] = trip;
    for (size_t i = 0; i < carried.size(); ++i) frame[body.inputs()[i + 1]] = std::move(carried[i]);
    carried = RunBlock(body, frame);
    goes_on = carried[0].toBool();
    carried.erase(carried.begin());
  }
  for (size_t i = 0; i < carried.size(); ++i) frame[node.outputs()[i]] = std::move(carried[i]);
}

std::vector<c10::IValue> Interpreter::RunOperation(const Node& node, std::vector<c10::IValue> arguments) {
  if (HasNoEffect(node)) return arguments;
  if (IsConstruction(node)) return Construct(node, std::move(arguments));
  if (node.kind() == prim::GetAttr) return {ReadAttribute(node, arguments[0])};
  if (node.kind() == prim::SetAttr) {
    arguments[0].toObject()->setAttr(node.s(c10::attr::name), arguments[1]);
    return {};
  }
  if (node.kind() == prim::RaiseException) {
    throw ForwardFailure(EssentialLine(arguments[0].toStringRef()), node.kind().toQualString(), run_.Locate(node));
  }
  if (node.kind() == prim::CallMethod) return RunMethod(node, std::move(arguments));

  const bool carries_units = std::any_of(arguments.begin(), arguments.end(),
                                         [&](const c10::IValue& value) { return run_.units.Carries(value); });
  if (!carries_units) return ExecuteKernel(run_, node, std::move(arguments));
  Call call(run_, node, std::move(arguments));
  if (const auto statistic = call.OnlyStatistic()) {
    call.Execute();
    for (const at::Tensor& result : call.result_list()) call.SetUnits(result, call.Everywhere(*statistic, result));
    return std::move(call.results());
  }
  const Handler handler = FindHandler(call.name());
  if (handler == nullptr) {
    call.Unsupported(
        "is an operation that the graph reader cannot follow units through; leave it out of the model, or replace it "
        "by "
        "one that is known not to mix them");
  }
  const bool reads_sparse = std::any_of(call.arguments().begin(), call.arguments().end(), [](const c10::IValue& value) {
    return value.isTensor() && IsSparse(value.toTensor());
  });
  if (reads_sparse && !TakesSparse(handler)) {
    call.Unsupported(
        "reads a sparse tensor, which the graph reader follows in linear layers and matrix products only; make it "
        "dense before (to_dense)");
  }
  handler(call);
  if (run_.executed && run_.in_place_of == nullptr) run_.executed(call);
  return std::move(call.results());
}

std::vector<c10::IValue> Interpreter::RunMethod(const Node& node, std::vector<c10::IValue> arguments) {
  const torch::jit::Function& function = arguments[0].toObject()->type()->getMethod(node.s(c10::attr::name));
  auto& graph = called_[&function];
  if (graph == nullptr) graph = InlinedGraph(function);
  if (run_.callers.size() == kDeepestCall) {
    throw ForwardFailure("methods call each other too deeply", "prim::CallMethod", run_.Locate(node));
  }
  run_.callers.push_back(&node);
  c10::IValue result = RunGraph(*graph, std::move(arguments));
  run_.callers.pop_back();
  return {std::move(result)};
}

c10::IValue Interpreter::ReadAttribute(const Node& node, const c10::IValue& object) {
  c10::IValue value = object.toObject()->getAttr(node.s(c10::attr::name));
  if (value.isTensorList()) {  // the weights of a recurrent layer
    for (const at::Tensor& tensor : value.toTensorVector()) {
      run_.units.parameters_read.insert(run_.parameters.NameOf(tensor));
    }
  }
  if (!value.isTensor()) return value;
  run_.units.parameters_read.insert(run_.parameters.NameOf(value.toTensor()));
  return run_.parameters.Computable(value.toTensor());
}

c10::IValue Interpreter::ReadConstant(const Node& node) {
  // Functions that were inlined leave their names behind, which have no value.
  c10::IValue value = torch::jit::toIValue(node.output()).value_or(c10::IValue());
  return value.isTensor() ? run_.parameters.Computable(value.toTensor()) : value;
}

}  // namespace modlab::reader
