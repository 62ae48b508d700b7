#include "core/graph/model_reader.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>
#include <torch/version.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/graph/block_builder.h"
#include "core/graph/failures.h"
#include "core/graph/forbidden_operations.h"
#include "core/graph/fresh_weights.h"
#include "core/graph/input_shape.h"
#include "core/graph/interpreter.h"
#include "core/graph/loaded_module.h"

namespace modlab {
namespace {

/// Loads a small module of our own: LibTorch's first load sets up what every later one uses, which takes tens of
/// milliseconds.
void LoadOnce() {
  torch::jit::Module module("__torch__.modlab.First");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("weight", torch::ones({1, 1}), false);
  module.define("def forward(self, x):\n  return torch.relu(torch.matmul(x, self.weight))\n");
  std::stringstream archive;
  module.save(archive);
  torch::jit::load(archive);
}

/// What LibTorch does when it first draws a random number, or first chooses a kernel: it reads /dev/urandom and (in
/// some versions) /proc/cpuinfo. In a sandbox it can do neither: it then fails, or takes kernels for the oldest
/// processors.
void UseOnce() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  generator.set_current_seed(c10::default_rng_seed_val);  // So that the same model always does the same.
  torch::relu(torch::ones({2, 2}));                       // One element takes a way without a kernel.
}

struct InputType {
  const char* name;
  at::ScalarType type;
};
/// Types of example inputs.
constexpr InputType kInputTypes[] = {{"float32", at::kFloat}, {"float64", at::kDouble}, {"int64", at::kLong},
                                     {"int32", at::kInt},     {"int16", at::kShort},    {"int8", at::kChar},
                                     {"uint8", at::kByte},    {"bool", at::kBool}};

/// nullptr where there is no such type.
const InputType* FindInputType(const std::string& name) {
  const auto* found = std::find_if(std::begin(kInputTypes), std::end(kInputTypes),
                                   [&](const InputType& type) { return type.name == name; });
  return found == std::end(kInputTypes) ? nullptr : found;
}

int64_t StoredElements(const at::Tensor& tensor) {
  if (tensor.layout() == at::kStrided) return tensor.numel();
  return tensor.layout() == at::kSparse ? tensor._nnz() : tensor.values().numel();
}

/// `float32`, as Python says it.
std::string TypeName(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kBool:
      return "bool";
    case at::kByte:
      return "uint8";
    case at::kChar:
      return "int8";
    case at::kShort:
      return "int16";
    case at::kInt:
      return "int32";
    case at::kLong:
      return "int64";
    default: {
      std::string name = c10::toString(type);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) { return std::tolower(letter); });
      return name;
    }
  }
}

[[noreturn]] void ThrowLoadFailed(const std::string& message) {
  // LibTorch: "Unknown builtin op: aten::name." and suggestions.
  const std::string unknown = "Unknown builtin op: ";
  std::string line = reader::EssentialLine(message);
  if (line.rfind(unknown, 0) == 0) {
    const std::string operation = line.substr(unknown.size(), line.find_last_not_of('.') + 1 - unknown.size());
    throw Error(ErrorKind::kModelLoadFailed,
                "the model uses the operation " + operation + ", which LibTorch " + Model::LibTorchVersion() +
                    " does not know; export the model without it, or with a version of PyTorch no newer than this",
                {{"operation", operation}, {"libtorch", Model::LibTorchVersion()}});
  }
  const std::pair<std::string, std::string> known[] = {
      {"failed finding central directory", "it is no zip archive, or its end is missing"},
      {"hasRecord(\"version\")", "it is a zip archive of something else"},
      {"constants.pkl", "it holds weights or a pickled module, but no program"},
  };
  for (const auto& [fragment, sentence] : known) {
    if (message.find(fragment) != std::string::npos) line = sentence;
  }
  throw Error(ErrorKind::kModelLoadFailed,
              "LibTorch " + Model::LibTorchVersion() + " cannot load the model: " + line +
                  "; save it with torch.jit.script(model).save(file) or torch.jit.trace(...).save(file)");
}

void CollectOperators(const torch::jit::Block& block, std::set<std::string>& names) {
  for (const torch::jit::Node* node : block.nodes()) {
    names.insert(node->kind().toQualString());
    for (const torch::jit::Block* inner : node->blocks()) CollectOperators(*inner, names);
  }
}

/// Names of the arguments of forward that are tensors and must be given. Errors: kInputShapeInvalid.
std::vector<std::string> TensorArguments(const c10::FunctionSchema& forward) {
  std::vector<std::string> names;
  for (size_t i = 1; i < forward.arguments().size(); ++i) {
    const c10::Argument& argument = forward.arguments()[i];
    if (argument.default_value()) continue;
    if (argument.type()->kind() != c10::TypeKind::TensorType) {
      throw Error(ErrorKind::kInputShapeInvalid, "argument " + argument.name() + " of the model's forward is a " +
                                                     argument.type()->str() +
                                                     ", and example inputs are tensors; wrap the model in one that "
                                                     "takes tensors");
    }
    names.push_back(argument.name());
  }
  return names;
}

/// `1,3,32,32`, or several of them.
std::string ShapesText(const std::vector<InputShape>& shapes) {
  std::string text;
  for (const InputShape& shape : shapes) text += (text.empty() ? "" : " ") + reader::OptionText(shape);
  return text;
}

void CheckGivenShapes(const std::vector<InputShape>& shapes, const std::vector<std::string>& arguments) {
  if (shapes.size() != arguments.size()) {
    std::string names;
    for (const std::string& argument : arguments) names += (names.empty() ? "" : ", ") + argument;
    throw Error(ErrorKind::kInputShapeInvalid, "the model's forward takes " + std::to_string(arguments.size()) +
                                                   " tensors (" + names + "), but " + std::to_string(shapes.size()) +
                                                   " input shapes are given; give --input-shape once for each");
  }
  for (const InputShape& shape : shapes) {
    double elements = 1;
    for (const int64_t size : shape.dimensions) elements *= static_cast<double>(size);
    const bool positive =
        std::all_of(shape.dimensions.begin(), shape.dimensions.end(), [](int64_t size) { return size > 0; });
    if (shape.dimensions.empty() || !positive || elements > (int64_t{1} << 31)) {
      throw Error(ErrorKind::kInputShapeInvalid,
                  "the input shape " + reader::OptionText(shape) +
                      " must consist of positive sizes with fewer than 2^31 elements, for example --input-shape "
                      "1,3,224,224");
    }
    if (!shape.dtype.empty() && FindInputType(shape.dtype) == nullptr) {
      std::string names;
      for (const InputType& type : kInputTypes) names += std::string(names.empty() ? "" : ", ") + type.name;
      throw Error(ErrorKind::kInputShapeInvalid,
                  "inputs of type " + shape.dtype + " are not known; give one of " + names);
    }
  }
}

}  // namespace

struct Model::Implementation {
  explicit Implementation(const torch::jit::Module& loaded)
      : module(loaded),
        forward(module.get_method("forward")),
        graph(reader::InlinedGraph(forward.function())),
        parameters(module, *graph),
        locator(module) {}

  /// A run of forward that has shown the network.
  struct Followed {
    std::vector<InputShape> shapes;
    std::unique_ptr<reader::UnitTracker> units;
  };

  Followed Follow(const ReaderOptions& options, RunContext& context);
  std::unique_ptr<reader::UnitTracker> FollowGiven(const ReaderOptions& options, RunContext& context);
  Followed FollowDerived(const ReaderOptions& options, RunContext& context);
  void RunForward(const std::vector<InputShape>& shapes, const ReaderOptions& options, reader::UnitTracker& units,
                  RunContext& context);

  torch::jit::Module module;
  torch::jit::Method forward;
  std::shared_ptr<torch::jit::Graph> graph;
  reader::Parameters parameters;
  reader::SourceLocator locator;
  /// Shapes of the last run, for messages.
  std::vector<InputShape> tried;
  /// If set: see reader::Run.
  std::function<void(const reader::Call&)> executed;
  /// The last run.
  ForwardRun last_run;
};

void Model::Implementation::RunForward(const std::vector<InputShape>& shapes, const ReaderOptions& options,
                                       reader::UnitTracker& units, RunContext& context) {
  tried = shapes;
  std::vector<c10::IValue> inputs = {module._ivalue()};
  const auto& arguments = forward.function().getSchema().arguments();
  size_t next_shape = 0;
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i].default_value()) {
      inputs.push_back(*arguments[i].default_value());
      continue;
    }
    const InputShape& shape = shapes[next_shape++];
    const at::ScalarType type = shape.dtype.empty() ? parameters.dtype() : FindInputType(shape.dtype)->type;
    const at::Tensor input = at::ones(shape.dimensions, type);
    units.AddInput(input);
    inputs.emplace_back(input);
  }
  reader::Run run{parameters, locator, units, options.fold_batch_norm, options.input_shapes.empty(), executed};
  if (executed) last_run.inputs.assign(inputs.begin() + 1, inputs.end());
  const c10::IValue outputs = reader::Interpreter(run, context).RunGraph(*graph, std::move(inputs));
  if (executed) last_run.output = outputs;
  if (const reader::Statistic* statistic = units.MarkResults(outputs)) {
    throw Error(ErrorKind::kOperationUnsupported,
                statistic->source +
                    " computes from several units what forward returns; that mixes units in a way that "
                    "the graph has no edges for");
  }
}

std::unique_ptr<reader::UnitTracker> Model::Implementation::FollowGiven(const ReaderOptions& options,
                                                                        RunContext& context) {
  auto units = std::make_unique<reader::UnitTracker>();
  try {
    RunForward(options.input_shapes, options, *units, context);
  } catch (const reader::ShapeMismatch& mismatch) {
    throw Error(ErrorKind::kInputShapeInvalid,
                "the input shape " + ShapesText(tried) + " does not fit the model: " + mismatch.what());
  }
  return units;
}

Model::Implementation::Followed Model::Implementation::FollowDerived(const ReaderOptions& options,
                                                                     RunContext& context) {
  Followed followed;
  const auto run = [&](const InputShape& shape) {
    followed.units = std::make_unique<reader::UnitTracker>();
    RunForward({shape}, options, *followed.units, context);
  };
  const auto first_layer = [&]() -> std::string {
    const auto& operations = followed.units->weight_operations();
    return operations.empty() ? "" : followed.units->ranges()[operations.front().range].operation;
  };
  followed.shapes = {reader::DeriveInputShape(run, first_layer)};
  return followed;
}

Model::Implementation::Followed Model::Implementation::Follow(const ReaderOptions& options, RunContext& context) {
  const torch::NoGradGuard no_grad;
  context.Report("read", 0.0);
  const std::vector<std::string> arguments = TensorArguments(forward.function().getSchema());
  try {
    if (!options.input_shapes.empty()) {
      CheckGivenShapes(options.input_shapes, arguments);
      return {options.input_shapes, FollowGiven(options, context)};
    }
    if (arguments.size() != 1) {
      throw Error(ErrorKind::kInputShapeInvalid,
                  "the model's forward takes " + std::to_string(arguments.size()) +
                      " tensors, and only the shape of a single one can be derived; give --input-shape, for example "
                      "--input-shape 1,3,224,224 (1,16:int64 for indices), once for each");
    }
    return FollowDerived(options, context);
  } catch (const reader::ForwardFailure& failure) {
    throw Error(
        ErrorKind::kModelForwardFailed,
        "the model's forward failed at " + failure.operation() + failure.location().Phrase() +
            ", on an input of shape " + ShapesText(tried) + ": " + failure.what(),
        {{"operation", failure.operation()}, {"source", failure.location().line}, {"layer", failure.location().layer}});
  } catch (const c10::Error& error) {
    reader::ThrowIfOutOfMemory(error);
    throw Error(ErrorKind::kModelForwardFailed,
                std::string("the model's forward failed: ") + reader::EssentialLine(error.what()));
  }
}

Model::Model(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
torch::jit::Module& ModuleOf(Model& model) { return model.implementation_->module; }

ForwardRun RunForward(Model& model, std::vector<InputShape> input_shapes,
                      const std::function<void(const reader::Call&)>& executed, RunContext& context) {
  ReaderOptions options;
  options.input_shapes = input_shapes.empty() ? model.InputShapes(options, context) : std::move(input_shapes);
  Model::Implementation& implementation = *model.implementation_;
  implementation.executed = executed;
  try {
    implementation.Follow(options, context);
  } catch (...) {
    implementation.executed = nullptr;
    throw;
  }
  implementation.executed = nullptr;
  return std::exchange(implementation.last_run, {});
}

Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::Load(const std::string& path) {
  try {
    reader::RefuseForbiddenOperations(path);
    torch::jit::Module module = torch::jit::load(path, c10::Device(c10::kCPU));
    module.eval();
    if (!module.find_method("forward")) ThrowLoadFailed("it has no method forward");
    return Model(std::make_unique<Implementation>(std::move(module)));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& exception) {
    reader::ThrowIfOutOfMemory(exception);
    ThrowLoadFailed(exception.what());
  }
}

std::vector<TensorInfo> Model::tensors() const {
  std::vector<TensorInfo> tensors;
  const auto add = [&](const std::string& name, const at::Tensor& tensor, bool parameter) {
    tensors.push_back({name, tensor.sizes().vec(), TypeName(tensor.scalar_type()), StoredElements(tensor), parameter});
  };
  for (const auto& item : implementation_->module.named_parameters()) add(item.name, item.value, true);
  for (const auto& item : implementation_->module.named_buffers()) add(item.name, item.value, false);
  return tensors;
}

std::vector<std::string> Model::operators() const {
  std::set<std::string> names;
  CollectOperators(*implementation_->graph->block(), names);
  return {names.begin(), names.end()};
}

std::vector<InputShape> Model::InputShapes(const ReaderOptions& options, RunContext& context) {
  return implementation_->Follow(options, context).shapes;
}

UnitGraph Model::Read(const ReaderOptions& options, RunContext& context) {
  const Implementation::Followed followed = implementation_->Follow(options, context);
  if (options.fresh_weights_seed) {
    Random random(*options.fresh_weights_seed);
    reader::DrawFreshWeights(*followed.units, random);
  }
  return reader::BuildUnitGraph(*followed.units, implementation_->parameters, options, context);
}

std::string Model::LibTorchVersion() { return TORCH_VERSION; }

void Model::InitialiseLibTorch() {
  at::set_num_threads(1);
  at::set_num_interop_threads(1);
  // Its warm-up makes first runs slow and depends on what ran before.
  torch::jit::getProfilingMode() = false;
  torch::jit::getExecutorMode() = false;
  // LibTorch 2.6's can hang for ever in code generation.
  torch::jit::setTensorExprFuserEnabled(false);
  LoadOnce();
  UseOnce();
}

}  // namespace modlab
