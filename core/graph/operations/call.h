#pragma once

#include <torch/script.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/failures.h"
#include "core/graph/parameters.h"
#include "core/graph/source_location.h"
#include "core/graph/unit_tracker.h"

namespace modlab::reader {

class Call;

/// What a run of forward works with.
struct Run {
  Parameters& parameters;
  const SourceLocator& locator;
  UnitTracker& units;
  bool fold_norms = true;
  /// The input's shape is a guess of the search for one that fits.
  bool shape_is_guess = false;
  /// Told of every operation of the model on tensors with units, after it was executed.
  std::function<void(const Call&)> executed = {};
  /// Follows another graph in this run, in place of an operation.
  std::function<c10::IValue(const torch::jit::Graph& graph, std::vector<c10::IValue> inputs)> follow = {};
  /// The nodes whose code is being run: calls of methods, and operations that are followed as a graph of their own.
  std::vector<const torch::jit::Node*> callers = {};
  /// The operation that is being followed as a graph, whose nodes are not the model's; nullptr elsewhere.
  const torch::jit::Node* in_place_of = nullptr;

  SourceLocation Locate(const torch::jit::Node& node) const {
    return locator.Locate(in_place_of == nullptr ? node : *in_place_of);
  }
};

/// Executes an operation of a node. Results in float16 and bfloat16 are made float32. Errors: ForwardFailure, and
/// kOutOfMemory, kOperationUnsupported (LibTorch has no kernel to call).
std::vector<c10::IValue> ExecuteKernel(const Run& run, const torch::jit::Node& node,
                                       std::vector<c10::IValue> arguments);

/// One execution of one operation on at least one tensor that carries units. A handler checks the arguments, executes
/// the operation, and says what units its results carry.
class Call {
 public:
  Call(Run& run, const torch::jit::Node& node, std::vector<c10::IValue> arguments)
      : run_(run), node_(node), arguments_(std::move(arguments)) {}

  /// `aten::relu_`.
  std::string name() const { return node_.kind().toQualString(); }
  const torch::jit::Node& node() const { return node_; }
  UnitTracker& tracker() const { return run_.units; }
  bool fold_norms() const { return run_.fold_norms; }
  bool shape_is_guess() const { return run_.shape_is_guess; }
  SourceLocation location() const { return run_.Locate(node_); }
  /// Where this is in the program; `weight` tells layers apart that one node works for.
  CallSite Site(const at::Tensor& weight) const;

  /// An argument by its name in the operation's schema.
  const c10::IValue& argument(const char* name) const;
  bool HasArgument(const char* name) const;
  /// The same as a tensor; undefined where it is None or there is no such argument.
  at::Tensor tensor(const char* name) const;
  /// All arguments that are tensors with units.
  std::vector<at::Tensor> UnitTensors() const;
  const std::vector<c10::IValue>& arguments() const { return arguments_; }
  bool CarriesUnits(const char* name) const { return run_.units.Find(tensor(name)) != nullptr; }
  /// The label of a statistic that may scale units only (attention weights), where no argument carries anything else:
  /// whatever the operation does, its results are that, too.
  std::optional<int> OnlyStatistic() const;
  /// Units of a tensor that has one label everywhere.
  static TensorUnits Everywhere(int label, const at::Tensor& tensor);

  /// The units of a tensor that carries some, whose contents the operation uses. Errors: kOperationUnsupported where it
  /// carries none.
  TensorUnits Read(const at::Tensor& tensor) const;
  /// The same for an operation that only makes a view.
  const TensorUnits& View(const at::Tensor& tensor) const;

  /// Runs the operation's own kernel. Errors: ForwardFailure; ShapeMismatch of `extent_if_it_fails` where that is
  /// known.
  void Execute(ShapeMismatch::Extent extent_if_it_fails = ShapeMismatch::Extent::kUnknown);
  /// Runs the same kernel with the first argument replaced, and returns its first result.
  at::Tensor ExecuteOn(const at::Tensor& first_argument) const;
  /// Follows a graph on these inputs in place of the operation, and takes over its results' units. The results
  /// themselves are the operation's own, if it has been executed, else the graph's.
  void FollowAs(const torch::jit::Graph& graph, std::vector<c10::IValue> inputs);
  std::vector<c10::IValue>& results() { return results_; }
  const std::vector<c10::IValue>& results() const { return results_; }
  /// The only result, or the first of several.
  const at::Tensor& result() const { return results_.front().toTensor(); }
  /// All results that are tensors, in lists, too.
  std::vector<at::Tensor> result_list() const;
  /// Says what units a tensor that the operation has made, or written to, carries.
  void SetUnits(const at::Tensor& tensor, TensorUnits units);
  void SetUnits(TensorUnits units) { SetUnits(result(), std::move(units)); }

  /// A sparse matrix that carries no units as the graph reader works with it. Errors: kOperationUnsupported.
  at::Tensor Rows(const at::Tensor& sparse, bool transposed) const;

  /// Name for the layer whose weight this is: the parameter's module, else the operation's, else `conv2d_3`.
  std::string LayerName(const at::Tensor& weight, const std::string& operation) const;

  /// Says that the operation is not positively homogeneous in the units of this tensor, if it carries any.
  void NotHomogeneousIn(const at::Tensor& tensor) const;

  /// `max_pool2d in layer pool`: how to speak of the operation.
  std::string Subject() const;
  /// ` aten::mean in layer 3 (net.py, line 12)`: the same for errors about what was computed here.
  std::string Source() const { return name() + location().Phrase(); }

  /// `why` completes "aten::sort mixes units".
  [[noreturn]] void Unsupported(const std::string& why) const;
  /// `message` is a sentence that says what size is needed, and what is there.
  [[noreturn]] void Mismatch(const std::string& message, ShapeMismatch::Extent extent,
                             std::optional<ShapeMismatch::AxisSize> expected = {}) const;

  /// Runs the same kernel on other arguments.
  std::vector<c10::IValue> Kernel(std::vector<c10::IValue> arguments) const {
    return ExecuteKernel(run_, node_, std::move(arguments));
  }

 private:
  Run& run_;
  const torch::jit::Node& node_;
  std::vector<c10::IValue> arguments_;
  std::vector<c10::IValue> results_;
};

/// `[1, 3, 224, 224]`.
std::string ShapeText(at::IntArrayRef shape);

/// `axis` counted from the front.
inline int64_t FromFront(int64_t axis, int64_t axes) { return axis < 0 ? axis + axes : axis; }

}  // namespace modlab::reader
