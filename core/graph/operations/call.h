#pragma once

#include <torch/script.h>

#include <optional>
#include <string>
#include <vector>

#include "core/graph/failures.h"
#include "core/graph/parameters.h"
#include "core/graph/source_location.h"
#include "core/graph/unit_tracker.h"

namespace modlab::reader {

/// What a run of forward works with.
struct Run {
  Parameters& parameters;
  const SourceLocator& locator;
  UnitTracker& units;
  bool fold_norms = true;
  /// The input's shape is a guess of the search for one that fits.
  bool shape_is_guess = false;
};

/// One execution of one operation on at least one tensor that carries units. A handler checks the arguments, executes
/// the operation, and says what units its results carry.
class Call {
 public:
  Call(Run& run, const torch::jit::Node& node, std::vector<c10::IValue> arguments)
      : run_(run), node_(node), arguments_(std::move(arguments)) {}

  /// `aten::relu_`.
  std::string name() const { return node_.kind().toQualString(); }
  const torch::jit::Node& node() const { return node_; }
  UnitTracker& tracker() { return run_.units; }
  bool fold_norms() const { return run_.fold_norms; }
  bool shape_is_guess() const { return run_.shape_is_guess; }
  SourceLocation location() const { return run_.locator.Locate(node_); }

  /// An argument by its name in the operation's schema.
  const c10::IValue& argument(const char* name) const;
  bool HasArgument(const char* name) const;
  /// The same as a tensor; undefined where it is None or there is no such argument.
  at::Tensor tensor(const char* name) const;
  /// All arguments that are tensors with units.
  std::vector<at::Tensor> UnitTensors() const;
  bool CarriesUnits(const char* name) const { return run_.units.Find(tensor(name)) != nullptr; }

  /// The units of a tensor that carries some, whose contents the operation uses.
  TensorUnits Read(const at::Tensor& tensor);
  /// The same for an operation that only makes a view.
  const TensorUnits& View(const at::Tensor& tensor) const { return *run_.units.Find(tensor); }

  /// Runs the operation's own kernel. Errors: ForwardFailure; ShapeMismatch of `extent_if_it_fails` where that is
  /// known.
  void Execute(ShapeMismatch::Extent extent_if_it_fails = ShapeMismatch::Extent::kUnknown);
  /// Runs the same kernel with the first argument replaced, and returns its first result.
  at::Tensor ExecuteOn(const at::Tensor& first_argument) const;
  std::vector<c10::IValue>& results() { return results_; }
  /// The only result, or the first of several.
  const at::Tensor& result() const { return results_.front().toTensor(); }

  /// Name for the layer whose weight this is: the parameter's module, else the operation's, else `conv2d_3`.
  std::string LayerName(const at::Tensor& weight, const std::string& operation) const;

  /// `max_pool2d in layer pool`: how to speak of the operation.
  std::string Subject() const;

  /// `why` completes "aten::sort mixes units".
  [[noreturn]] void Unsupported(const std::string& why) const;
  /// `message` is a sentence that says what size is needed, and what is there.
  [[noreturn]] void Mismatch(const std::string& message, ShapeMismatch::Extent extent,
                             std::optional<ShapeMismatch::AxisSize> expected = {}) const;

 private:
  std::vector<c10::IValue> Kernel(std::vector<c10::IValue> arguments) const;

  Run& run_;
  const torch::jit::Node& node_;
  std::vector<c10::IValue> arguments_;
  std::vector<c10::IValue> results_;
};

/// Executes an operation of a node. Results in float16 and bfloat16 are made float32. Errors: ForwardFailure, and
/// kOutOfMemory, kOperationUnsupported (LibTorch has no kernel to call).
std::vector<c10::IValue> ExecuteKernel(const Run& run, const torch::jit::Node& node,
                                       std::vector<c10::IValue> arguments);

/// `[1, 3, 224, 224]`.
std::string ShapeText(at::IntArrayRef shape);

/// `axis` counted from the front.
inline int64_t FromFront(int64_t axis, int64_t axes) { return axis < 0 ? axis + axes : axis; }

}  // namespace modlab::reader
