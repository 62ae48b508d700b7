#pragma once

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/run_context.h"

namespace modlab {

// A model as a chain of layers, each of which reads what the one before has written. Internal to core/compose: it shows
// LibTorch's types.

struct ChainLayer {
  enum class Kind {
    kLinear,
    kConvolution,
    kBatchNorm,
    kElementwise,
    kPooling,  ///< Of every channel by itself.
    kFlatten,
    kDropout,
    kMixing,  ///< Without weights, but over all units of a sample: softmax.
  };
  Kind kind = Kind::kElementwise;
  std::string operation;  ///< `linear`, `conv2d`, `batch_norm`, `relu`, `max_pool2d`, ...
  std::string name;       ///< `features.0`; empty where its model does not tell.
  std::string place;      ///< ` in layer features.0 (net.py, line 12)`, or nothing: where it is in its model.
  at::Tensor weight;      ///< Undefined: none.
  at::Tensor bias;
  at::Tensor mean;  ///< Of a batch norm, with `variance`.
  at::Tensor variance;
  /// The operation's other arguments, by their names in its schema, in order.
  std::vector<std::pair<std::string, c10::IValue>> settings;
  std::vector<int64_t> input;  ///< Shapes with a batch of one.
  std::vector<int64_t> output;

  bool has_weights() const { return kind == Kind::kLinear || kind == Kind::kConvolution; }
  const c10::IValue& setting(const std::string& name) const;
  /// `conv2d in layer features.0 (net.py, line 12)`.
  std::string Phrase() const { return operation + place; }
};

struct LayerChain {
  std::vector<ChainLayer> layers;
  std::vector<int64_t> input;
  std::vector<int64_t> output;
};

/// Reads a model as a chain, in evaluation mode: what is the identity then but for dropout is left out. `subject` is
/// how errors call it: `part 1`; `part` its metadata. `input_shape` without dimensions: derived. Errors:
/// kCompositionInvalid (it is no chain of layers that can be composed, and why); as Model::Read.
LayerChain ReadLayerChain(Model& model, const std::string& subject, const std::string& part,
                          const InputShape& input_shape, RunContext& context);

/// The same of a model that is to read what others give, of a shape with a batch: `what the bridge gives`. Errors:
/// kCompositionInvalid, too, where it does not take that, with the layer that does not.
LayerChain ReadFollowingChain(Model& model, const std::string& subject, const std::string& part,
                              const std::vector<int64_t>& values, const std::string& values_phrase,
                              RunContext& context);

/// `[1, 28, 28]`: of a shape with a batch, what one sample has.
std::string SampleShape(const std::vector<int64_t>& shape);

}  // namespace modlab
