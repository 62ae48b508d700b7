#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/build/network_description.h"
#include "core/graph/model_reader.h"
#include "core/run_context.h"

namespace modlab {

/// A network that is composed with others.
struct Component {
  Model* model = nullptr;
  /// Of an example input; without dimensions: derived from the weights.
  InputShape input_shape;
};

struct CompositionOptions {
  /// Standard deviation of the cross connections; 0: they are zero.
  double cross_deviation = 0;
  bool bridge = false;
  /// Absent: as many as the head reads, or, without one, as the bridge reads itself.
  std::optional<int64_t> bridge_outputs;
  Activation bridge_activation = Activation::kNone;
  uint64_t seed = 0;
};

/// A layer with weights of what was composed.
struct ComposedLayer {
  std::string name;       ///< `stack.fc1`, `bridge`, `head.conv1`.
  std::string operation;  ///< `linear`, `conv2d`.
  /// Units (features, channels) that it reads and writes: of each part, or one number outside the stack.
  std::vector<int64_t> inputs;
  std::vector<int64_t> outputs;
};

struct Composition {
  std::vector<ComposedLayer> layers;
  int64_t cross_connections = 0;  ///< Weights between different parts.
};

/// Writes H(x) = head(bridge(stack(x))) as a TorchScript archive (definitions.md, section 11): the parts side by side,
/// their weights on the diagonals of the stack's and their biases one after the other, cross connections off the
/// diagonals; a fresh linear layer, where wanted, with PyTorch's default weights; and a head, where there is one.
/// Models may be given more than once. A head's input shape is looked at where neither the stack nor the options say
/// what comes to it.
///
/// Its layers are submodules `stack.fc1`, `stack.conv1`, `stack.bn1`, ..., `bridge`, `head.fc1`, ..., numbered by kind.
/// It is in training mode, all of its parameters require gradients, and it has the attributes that composed_model.h
/// reads: `composed_parts`, `planted_partition` and `gradient_masks`. With cross connections of zero its stack gives
/// what the parts give (up to the order of a sum's terms). The same models, options and versions give the same bytes.
///
/// Errors: kCompositionInvalid (fewer than two parts; a model that is no chain of layers; parts of other layers, or
/// whose values have other shapes than channels differ in; a bridge after what is no vector; a head that does not take
/// what comes to it), with `part` and `layer` where there is one; kInputShapeInvalid (one is not given and cannot be
/// derived, or does not fit); kOutOfMemory; as Model::Read; std::runtime_error where the file cannot be written.
Composition Compose(const std::vector<Component>& parts, const std::optional<Component>& head,
                    const CompositionOptions& options, const std::string& path, RunContext& context);

}  // namespace modlab
