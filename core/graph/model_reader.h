#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// How the slice K of a kernel between one input and one output unit becomes one weight (definitions.md, section 2).
enum class KernelNorm { kL1, kL2, kMaxColumnSum, kSpectral, kMeanAbs };

/// The slice is row-major [rows][columns]; 1-D slices are one column (columns = 1), 3-D slices flatten all axes but the
/// last. Exact in double. O(rows * columns), for kSpectral O(rows * columns * min(rows, columns)).
double ComputeKernelNorm(KernelNorm norm, const double* slice, int64_t rows, int64_t columns);

struct ReaderOptions {
  KernelNorm kernel_norm = KernelNorm::kL1;
  /// Fold a norm's scale (batch norm: |gamma| / sqrt(var + eps); others: |gamma|) into the weights that write its
  /// tensor, or else those that read it.
  bool fold_batch_norm = true;
  /// One shape for each tensor input of forward, batch dimension included. Empty: derived where the model determines
  /// it.
  std::vector<std::vector<int64_t>> input_shapes;
};

struct TensorInfo {
  std::string name;
  std::vector<int64_t> shape;
  std::string dtype;  ///< `float32`, ...
  bool parameter = false;
};

/// A TorchScript model in memory.
///
/// **A TorchScript model is a program**: loading and reading it run its code. Use this class only in a process that may
/// be lost. Not thread safe. No LibTorch type or exception leaves it.
class Model {
 public:
  /// Loads an archive and puts it into evaluation mode. Errors: kModelLoadFailed, kOperationForbidden, kOutOfMemory.
  static Model Load(const std::string& path);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  /// Parameters and buffers, in the module's order.
  std::vector<TensorInfo> tensors() const;
  /// Names of the operations of the inlined forward graph, sorted, each once.
  std::vector<std::string> operators() const;

  /// The shapes of the example input: the given ones, or derived from the weights. A network of linear layers gives
  /// [1, in_features]; a convolutional one whose flatten fixes the size gives the square (cubic) input that fits.
  /// Errors: kInputShapeInvalid (cannot be derived, or the given one does not fit; says how to give one),
  /// kModelForwardFailed.
  std::vector<std::vector<int64_t>> InputShapes(const ReaderOptions& options, RunContext& context);

  /// Reads the network as a unit graph by following its forward from the input to the output (definitions.md, sections
  /// 1 and 2). Blocks of linear layers refer to the model's own weights, which they keep alive. Groups are in order of
  /// execution, the input first. Errors: as InputShapes, and kOperationUnsupported (with operation, source line and
  /// layer), kNoWeightLayers, kWeightsNotFinite (with layer and index), kNoEdges (all weights zero).
  UnitGraph Read(const ReaderOptions& options, RunContext& context);

  /// `1.13.1`.
  static std::string LibTorchVersion();
  /// Must be called once, before anything else of LibTorch: threads, and the settings that determinism and safety need.
  /// Also does what makes the first load slow, and what a sandbox forbids, so that a worker can be warmed up before its
  /// job is known. Random numbers start from a fixed seed.
  static void InitialiseLibTorch(int threads);

 private:
  struct Implementation;
  explicit Model(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace modlab
