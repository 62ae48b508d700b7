#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace torch::jit {
struct Module;
}
namespace modlab::reader {
class Call;
}

namespace modlab {

/// How the slice K of a kernel between one input and one output unit becomes one weight (definitions.md, section 2).
enum class KernelNorm { kL1, kL2, kMaxColumnSum, kSpectral, kMeanAbs };

/// The slice is row-major [rows][columns]; 1-D slices are one column (columns = 1), 3-D slices flatten all axes but the
/// last. Exact in double. O(rows * columns), for kSpectral O(rows * columns * min(rows, columns)).
double ComputeKernelNorm(KernelNorm norm, const double* slice, int64_t rows, int64_t columns);

/// What takes out of the weights what does not change the function (definitions.md, section 3). Done after folding.
enum class Normalization {
  kNone,
  /// Each hidden unit's incoming weights (flattened kernels) get the L2 norm 1, and its outgoing ones are multiplied by
  /// the old norm. Before the kernel norm.
  kUnitIncoming,
  /// Each layer's weights between two groups are divided by their mean over the entries that a weight can occupy. After
  /// the kernel norm.
  kLayerMean,
};

/// Which layers of a network that has convolutions take part. Others: all of them.
enum class CnnLayers {
  kAll,
  kConvolutions,        ///< Convolutions only.
  kConvolutionOutputs,  ///< The same, and no units but those that convolutions write.
};

/// An example of one of forward's inputs.
struct InputShape {
  std::vector<int64_t> dimensions;  ///< Batch dimension included.
  std::string dtype;                ///< `int64`, ...; empty: the type of the model's weights.
};

struct ReaderOptions {
  KernelNorm kernel_norm = KernelNorm::kL1;
  /// Fold a norm's scale (batch norm: gamma / sqrt(var + eps); others: gamma) into the weights that write its tensor,
  /// or else those that read it.
  bool fold_batch_norm = true;
  Normalization normalization = Normalization::kNone;
  /// Layers that take part: patterns of their names (`features.*`, as in glob(7), where `*` matches dots, too). Empty:
  /// all. Normalisation looks at the others, too: a unit's norm does not depend on what is shown of it.
  std::vector<std::string> layers;
  CnnLayers cnn_layers = CnnLayers::kAll;
  bool input_units = true;   ///< Whether inputs (and vocabularies) are units of the graph.
  bool output_units = true;  ///< Whether what forward returns is.
  /// Weights up to this count as none, >= 0.
  double threshold = 0;
  /// Take the weights away from connected components that do not touch both an input's group (else the first one) and a
  /// result's (else the last one).
  bool remove_unconnected = false;
  /// One for each tensor input of forward. Empty: derived where the model determines it.
  std::vector<InputShape> input_shapes;
  /// If set, the weights are not the model's but fresh ones, as before training, drawn with this seed (definitions.md,
  /// section 8, `random_init`): uniform in +-1/sqrt(fan-in), recurrent layers' in +-1/sqrt(hidden units), embeddings'
  /// standard normal; norms have the scale 1.
  std::optional<uint64_t> fresh_weights_seed;
};

struct TensorInfo {
  std::string name;
  std::vector<int64_t> shape;
  std::string dtype;     ///< `float32`, ...
  int64_t elements = 0;  ///< Of sparse tensors, those that are stored.
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
  /// [1, in_features]; a convolutional one whose flatten fixes the size gives the square (cubic) input that fits; one
  /// that starts with an embedding gives indices, [1, 1] where it takes sequences of any length.
  /// Errors: kInputShapeInvalid (cannot be derived, or the given one does not fit; says how to give one),
  /// kModelForwardFailed.
  std::vector<InputShape> InputShapes(const ReaderOptions& options, RunContext& context);

  /// Reads the network as a unit graph by following its forward from the input to the output (definitions.md, sections
  /// 1 to 3). Blocks of linear layers refer to the model's own weights, which they keep alive. Groups are in order of
  /// execution, the input first; those without any weights are left out. Errors: as InputShapes, and
  /// kOperationUnsupported (with operation, source line and layer), kNoWeightLayers, kWeightsNotFinite (with layer and
  /// index), kNoEdges (all weights zero), kInvalidOption (no layer has such a name).
  UnitGraph Read(const ReaderOptions& options, RunContext& context);

  /// `1.13.1`.
  static std::string LibTorchVersion();
  /// Must be called once, before anything else of LibTorch: the settings that determinism and safety need. LibTorch
  /// computes with one thread; a job's threads are RunContext's. Also does what makes the first load slow, and what a
  /// sandbox forbids, so that a worker can be warmed up before its job is known. Random numbers start from a fixed
  /// seed.
  static void InitialiseLibTorch();

 private:
  struct Implementation;
  explicit Model(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
  friend torch::jit::Module& ModuleOf(Model& model);
  friend struct ForwardRun RunForward(Model& model, std::vector<InputShape> input_shapes,
                                      const std::function<void(const reader::Call&)>& executed, RunContext& context);
};

}  // namespace modlab
