#include "core/compose/layer_chain.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <unordered_map>

#include "core/error.h"
#include "core/graph/loaded_module.h"

namespace modlab {
namespace {

using Kind = ChainLayer::Kind;

/// Operations that do something, by their names without a trailing underscore.
const std::unordered_map<std::string, Kind>& Kinds() {
  static const auto* const kinds = [] {
    auto* table = new std::unordered_map<std::string, Kind>;
    const auto add = [table](Kind kind, std::initializer_list<const char*> names) {
      for (const char* name : names) table->emplace(std::string("aten::") + name, kind);
    };
    add(Kind::kLinear, {"linear"});
    add(Kind::kConvolution, {"conv1d", "conv2d", "conv3d", "_convolution", "convolution"});
    add(Kind::kBatchNorm, {"batch_norm"});
    add(Kind::kElementwise,
        {"relu",     "relu6",       "leaky_relu", "elu",      "selu",        "celu",      "gelu",       "silu",
         "mish",     "tanh",        "sigmoid",    "hardtanh", "hardsigmoid", "hardswish", "hardshrink", "softshrink",
         "softplus", "log_sigmoid", "tanhshrink", "abs",      "square",      "sin",       "cos",        "erf"});
    add(Kind::kPooling, {"max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
                         "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"});
    add(Kind::kFlatten, {"flatten", "view", "reshape"});
    add(Kind::kDropout, {"dropout", "feature_dropout"});
    add(Kind::kMixing, {"softmax", "log_softmax"});
    return table;
  }();
  return *kinds;
}

/// What changes nothing that counts here.
bool IsIdentity(const std::string& name) {
  static const char* const names[] = {"aten::contiguous", "aten::clone", "aten::detach", "aten::to",
                                      "aten::cpu",        "aten::float", "aten::alias"};
  return std::any_of(std::begin(names), std::end(names), [&](const char* known) { return name == known; });
}

const at::TensorImpl* Identity(const at::Tensor& tensor) { return tensor.unsafeGetTensorImpl(); }

/// A tensor of the shape that it has now, whatever the model makes of it later (`resize_`).
at::Tensor Kept(const at::Tensor& tensor) { return tensor.defined() ? tensor.detach() : tensor; }

/// With a batch of one, however many samples there are.
std::vector<int64_t> ShapeOfOne(const at::Tensor& samples) {
  std::vector<int64_t> shape = samples.sizes().vec();
  if (!shape.empty()) shape.front() = 1;
  return shape;
}

/// Takes down the operations of a run of forward, as long as each works on what the one before has made.
class ChainRecorder {
 public:
  ChainRecorder(std::string subject, std::string part) : subject_(std::move(subject)), part_(std::move(part)) {}

  /// Of forward, whose first argument is the module.
  void CheckArguments(const c10::FunctionSchema& forward) const {
    size_t needed = 0;
    bool tensors = true;
    for (size_t i = 1; i < forward.arguments().size(); ++i) {
      const c10::Argument& argument = forward.arguments()[i];
      if (argument.default_value()) continue;
      ++needed;
      tensors = tensors && argument.type()->kind() == c10::TypeKind::TensorType;
    }
    if (needed != 1 || !tensors) Refuse("its forward must take one tensor, and need nothing else");
  }

  void Record(const reader::Call& call) {
    ++calls_;
    const std::vector<at::Tensor> results = call.result_list();
    if (results.empty()) return;  // A look at a shape.
    const std::vector<at::Tensor> read = call.UnitTensors();
    if (read.size() != 1 || results.size() != 1) {
      Refuse(call, "joins or splits values, and the layers of a composed network follow one after the other");
    }
    if (current_ == nullptr) {
      input_ = read[0];
      current_ = Identity(read[0]);
    }
    if (Identity(read[0]) != current_) {
      Refuse(call, "reads something else than what the layer before it has written (a shortcut)");
    }
    Add(call, read[0], results[0]);
    kept_.push_back(results[0]);  // so that no other tensor gets its address
    current_ = Identity(results[0]);
  }

  /// So many operations were executed.
  size_t calls() const { return calls_; }

  LayerChain Finish(const ForwardRun& run) {
    if (current_ == nullptr || !run.output.isTensor() || Identity(run.output.toTensor()) != current_) {
      Refuse("what it returns is not what its last layer has written");
    }
    if (input_.dim() < 2) Refuse("it reads " + reader::ShapeText(input_.sizes()) + ", which has no batch");
    chain_.input = ShapeOfOne(input_);
    chain_.output = ShapeOfOne(run.output.toTensor());
    if (std::none_of(chain_.layers.begin(), chain_.layers.end(),
                     [](const ChainLayer& layer) { return layer.has_weights(); })) {
      Refuse("it has no linear or convolutional layer");
    }
    return std::move(chain_);
  }

 private:
  void Add(const reader::Call& call, const at::Tensor& input, const at::Tensor& output) {
    std::string name = call.name();
    if (IsIdentity(name)) {
      if (input.scalar_type() != output.scalar_type()) Refuse(call, "changes the type of the values");
      return;
    }
    while (name.back() == '_') name.pop_back();
    const auto found = Kinds().find(name);
    if (found == Kinds().end()) {
      Refuse(call,
             "is none of what a composed network is made of: linear and convolutional layers, elementwise activations, "
             "pooling, batch norm, dropout and flattening");
    }
    ChainLayer layer;
    layer.kind = found->second;
    layer.operation = name.substr(std::string("aten::").size());
    layer.name = call.location().layer;
    layer.place = call.location().Phrase();
    layer.input = ShapeOfOne(input);
    layer.output = ShapeOfOne(output);
    switch (layer.kind) {
      case Kind::kLinear:
        TakeWeights(call, layer);
        if (layer.input.size() != 2) {
          Refuse(call, "reads " + SampleShape(layer.input) + ", and must read vectors: flatten before it");
        }
        break;
      case Kind::kConvolution:
        TakeConvolution(call, layer);
        break;
      case Kind::kBatchNorm:
        TakeBatchNorm(call, layer);
        break;
      case Kind::kFlatten:
        if (input.sizes() == output.sizes()) return;
        if (output.dim() != 2 || output.size(0) != input.size(0)) {
          Refuse(call, "makes " + SampleShape(layer.output) + " of " + SampleShape(layer.input) +
                           ", and may only make a vector of each sample");
        }
        layer.operation = "flatten";
        break;
      case Kind::kDropout:
        TakeSettings(call, layer, {"p"});
        break;
      case Kind::kPooling:
        TakeSettings(call, layer, {});
        FillInStride(layer);
        break;
      case Kind::kElementwise:
      case Kind::kMixing:
        TakeSettings(call, layer, {});
        break;
    }
    chain_.layers.push_back(std::move(layer));
  }

  /// Those named, or all but the first and `inplace`.
  static void TakeSettings(const reader::Call& call, ChainLayer& layer, const std::vector<std::string>& only) {
    const auto& schema = call.node().schema().arguments();
    for (size_t i = 1; i < schema.size() && i < call.arguments().size(); ++i) {
      const std::string& name = schema[i].name();
      if (name == "inplace") continue;
      if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
      layer.settings.emplace_back(name, call.arguments()[i]);
    }
  }

  /// An empty stride of a pooling means its kernel.
  static void FillInStride(ChainLayer& layer) {
    for (auto& [name, value] : layer.settings) {
      if (name == "stride" && value.isIntList() && value.toIntVector().empty()) value = layer.setting("kernel_size");
    }
  }

  void TakeWeights(const reader::Call& call, ChainLayer& layer) const {
    layer.weight = Kept(call.tensor("weight"));
    layer.bias = Kept(call.tensor("bias"));
    if (layer.weight.layout() != at::kStrided || layer.weight.scalar_type() != at::kFloat) {
      Refuse(call, "has a weight that is not a dense float32 tensor: convert the model with .float()");
    }
    if (layer.weight.dim() < 2) {
      Refuse(call, "has a weight of shape " + reader::ShapeText(layer.weight.sizes()) + ", and must have a matrix");
    }
  }

  void TakeConvolution(const reader::Call& call, ChainLayer& layer) const {
    TakeWeights(call, layer);
    layer.operation = "conv" + std::to_string(layer.weight.dim() - 2) + "d";
    if (call.HasArgument("transposed") && call.argument("transposed").toBool()) Refuse(call, "is transposed");
    if (call.argument("groups").toInt() != 1) {
      Refuse(call, "has groups of channels, between which no connections can be");
    }
    for (const char* name : {"stride", "padding", "dilation"}) layer.settings.emplace_back(name, call.argument(name));
  }

  void TakeBatchNorm(const reader::Call& call, ChainLayer& layer) const {
    layer.weight = Kept(call.tensor("weight"));
    layer.bias = Kept(call.tensor("bias"));
    layer.mean = Kept(call.tensor("running_mean"));
    layer.variance = Kept(call.tensor("running_var"));
    if (!layer.mean.defined() || !layer.variance.defined()) {
      Refuse(call, "keeps no running statistics: make it with track_running_stats=True");
    }
    if (call.argument("training").toBool()) {
      Refuse(call, "works on the statistics of its batch in evaluation mode, too, and not on those it keeps");
    }
    layer.settings.emplace_back("momentum", call.argument("momentum"));
    layer.settings.emplace_back("eps", call.argument("eps"));
  }

  [[noreturn]] void Refuse(const reader::Call& call, const std::string& why) const {
    throw Error(ErrorKind::kCompositionInvalid, subject_ + " cannot be composed: " + call.Source() + " " + why,
                {{"part", part_}, {"layer", call.location().layer}});
  }
  [[noreturn]] void Refuse(const std::string& why) const {
    throw Error(ErrorKind::kCompositionInvalid, subject_ + " cannot be composed: " + why, {{"part", part_}});
  }

  std::string subject_;
  std::string part_;
  LayerChain chain_;
  at::Tensor input_;
  const at::TensorImpl* current_ = nullptr;
  std::vector<at::Tensor> kept_;
  size_t calls_ = 0;
};

LayerChain Read(Model& model, ChainRecorder& recorder, const InputShape& input_shape, RunContext& context) {
  recorder.CheckArguments(ModuleOf(model).get_method("forward").function().getSchema());
  std::vector<InputShape> shapes;
  if (!input_shape.dimensions.empty()) shapes.push_back(input_shape);
  return recorder.Finish(RunForward(
      model, shapes, [&](const reader::Call& call) { recorder.Record(call); }, context));
}

/// The layer of the operation that forward executes after so many others, on an input that fits; empty: that is not
/// known.
std::string LayerAfter(Model& model, size_t calls, RunContext& context) {
  std::vector<std::string> layers;
  try {
    RunForward(
        model, {}, [&](const reader::Call& call) { layers.push_back(call.location().layer); }, context);
  } catch (const Error&) {
    // There is no such input, or none is known: what was executed is all there is.
  }
  return calls < layers.size() ? layers[calls] : "";
}

/// What went wrong in a model, as an error of the part that it is.
[[noreturn]] void ThrowOfPart(const Error& error, const std::string& message, const std::string& part) {
  std::map<std::string, std::string> metadata = error.metadata();
  metadata["part"] = part;
  throw Error(error.kind(), message, metadata);
}

}  // namespace

const c10::IValue& ChainLayer::setting(const std::string& name) const {
  for (const auto& [key, value] : settings) {
    if (key == name) return value;
  }
  throw std::logic_error(operation + " has no setting " + name);
}

std::string SampleShape(const std::vector<int64_t>& shape) {
  return reader::ShapeText(at::IntArrayRef(shape).slice(std::min<size_t>(1, shape.size())));
}

LayerChain ReadLayerChain(Model& model, const std::string& subject, const std::string& part,
                          const InputShape& input_shape, RunContext& context) {
  ChainRecorder recorder(subject, part);
  try {
    return Read(model, recorder, input_shape, context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCompositionInvalid) throw;
    std::string message = subject + ": " + error.what();
    const bool not_derived = error.kind() == ErrorKind::kInputShapeInvalid && input_shape.dimensions.empty();
    // It ends with the option and an example.
    if (not_derived) message += " to `modlab model push`, and compose the model then";
    ThrowOfPart(error, message, part);
  }
}

LayerChain ReadFollowingChain(Model& model, const std::string& subject, const std::string& part,
                              const std::vector<int64_t>& values, const std::string& values_phrase,
                              RunContext& context) {
  ChainRecorder recorder(subject, part);
  try {
    return Read(model, recorder, {values, ""}, context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCompositionInvalid) throw;
    if (error.kind() != ErrorKind::kInputShapeInvalid && error.kind() != ErrorKind::kModelForwardFailed) {
      ThrowOfPart(error, subject + ": " + error.what(), part);
    }
    const auto layer = error.metadata().find("layer");
    throw Error(
        ErrorKind::kCompositionInvalid,
        subject + " does not take " + values_phrase + ", " + SampleShape(values) + ": " + error.what(),
        {{"part", part},
         {"layer", layer != error.metadata().end() ? layer->second : LayerAfter(model, recorder.calls(), context)}});
  }
}

}  // namespace modlab
