#include "core/train/trainable_model.h"

#include <fnmatch.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

#include "core/error.h"
#include "core/graph/failures.h"
#include "core/graph/loaded_module.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

/// Which of the parameters a list of patterns means.
std::set<std::string> Match(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  std::set<std::string> matched;
  for (const std::string& pattern : patterns) {
    const size_t before = matched.size();
    bool any = false;
    for (const std::string& name : names) {
      if (::fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
      matched.insert(name);
      any = true;
    }
    if (!any && matched.size() == before) {
      throw Error(ErrorKind::kInvalidOption, "no parameter of the model is called " + Quoted(pattern) +
                                                 "; near to it are " + NearNames(pattern, names));
    }
  }
  return matched;
}

bool Contains(const std::vector<std::string>& names, const std::string& part) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.find(part) != std::string::npos; });
}

/// All but some of its submodules, by their dotted names.
void PutIntoTraining(torch::jit::Module& module, const std::vector<std::string>& but) {
  module.train();
  for (const std::string& name : but) {
    torch::jit::Module submodule = module;
    std::istringstream parts(name);
    for (std::string part; std::getline(parts, part, '.');) submodule = submodule.attr(part).toModule();
    submodule.eval();
  }
}

/// The same images, with the channels of a pixel next to each other in memory.
at::Tensor ChannelsLast(const at::Tensor& images) {
  const at::Tensor packed = images.contiguous(at::MemoryFormat::ChannelsLast);
  // Said of a single channel, too, where both layouts are the same: what is computed of it follows.
  return packed.as_strided(packed.sizes(), c10::get_channels_last_strides_2d(packed.sizes()));
}

}  // namespace

TrainableModel::TrainableModel(Model& model, const std::vector<std::string>& freeze, const at::Device& device)
    : module_(ModuleOf(model)) {
  std::vector<std::string> names;
  for (const auto& parameter : module_.named_parameters()) names.push_back(parameter.name);
  if (names.empty()) {
    throw Error(ErrorKind::kNothingToTrain,
                "the model has no parameters, so there is nothing to train: it was frozen (torch.jit.freeze), perhaps; "
                "push it as it was before");
  }
  const std::set<std::string> frozen = Match(freeze, names);
  std::set<const void*> seen;
  for (const auto& parameter : module_.named_parameters()) {
    at::Tensor tensor = parameter.value;
    if (!tensor.requires_grad()) continue;
    if (frozen.count(parameter.name) > 0) {
      tensor.set_requires_grad(false);
      frozen_.push_back(tensor);
      continue;
    }
    if (tensor.layout() != at::kStrided || tensor.scalar_type() != at::kFloat || !tensor.is_contiguous()) {
      throw Error(ErrorKind::kInvalidOption, "the parameter " + parameter.name +
                                                 " is not a dense float32 tensor, and modlab trains only those: freeze "
                                                 "it, or convert the model with .float()");
    }
    if (seen.insert(tensor.data_ptr()).second) parameters_.push_back({parameter.name, tensor});
  }
  if (parameters_.empty()) {
    throw Error(ErrorKind::kNothingToTrain,
                "none of the model's parameters may change, so there is nothing to train: freeze fewer, or push a "
                "model whose parameters require gradients");
  }
  if (!device.is_cpu()) {
    replica_ = std::make_unique<DeviceReplica>(module_, device);
    return;
  }
  if (auto layers = FindDenseLayers(module_)) dense_ = std::make_unique<DenseNetwork>(*std::move(layers));
  const std::vector<std::string> operators = model.operators();
  const bool has_convolutions = Contains(operators, "conv");
  uses_openmp_ = dense_ != nullptr || has_convolutions;
  // Pooling is several times faster then. A view is of memory, though, and may not be one of that layout.
  channels_last_ = has_convolutions && !Contains(operators, "aten::view") && !Contains(operators, "as_strided");
}

TrainableModel::~TrainableModel() {
  for (at::Tensor& tensor : frozen_) tensor.set_requires_grad(true);
}

void TrainableModel::Train() {
  PutIntoTraining(module_, fixed_);
  if (replica_) PutIntoTraining(replica_->module(), fixed_);
}

void TrainableModel::Evaluate() {
  FetchBuffers();
  module_.eval();
  if (replica_) replica_->module().eval();
}

void TrainableModel::FetchBuffers() const {
  if (replica_) replica_->FetchBuffers();
}

void TrainableModel::ParametersChanged() {
  if (replica_) replica_->SendParameters();
}

void TrainableModel::TensorsChanged() {
  ParametersChanged();
  if (replica_) replica_->SendBuffers();
}

std::vector<TrainableModel::Parameter> TrainableModel::tensors() const {
  FetchBuffers();
  std::vector<Parameter> tensors;
  for (const auto& parameter : module_.named_parameters()) tensors.push_back({parameter.name, parameter.value});
  for (const auto& buffer : module_.named_buffers()) tensors.push_back({buffer.name, buffer.value});
  return tensors;
}

at::Tensor TrainableModel::Forward(const at::Tensor& input) {
  dense_output_ = at::Tensor();
  if (dense_ == nullptr || !dense_->Takes(input)) return ForwardOfModule(input);
  dense_output_ = dense_->Forward(input);
  return dense_output_.set_requires_grad(at::GradMode::is_enabled());
}

void TrainableModel::Backward(const at::Tensor& loss) {
  loss.backward();
  if (dense_output_.defined()) dense_->Backward(dense_output_.grad());
  if (replica_) replica_->FetchGradients();
}

at::Tensor TrainableModel::ForwardOfModule(const at::Tensor& input) {
  c10::IValue output;
  // Operations as they are written: what the compiler makes of them for its own way back is slower.
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  try {
    const at::Tensor given = channels_last_ && input.dim() == 4 ? ChannelsLast(input) : input;
    output = replica_ ? replica_->Forward(given) : module_.forward({given});
  } catch (const std::exception& error) {
    reader::ThrowIfOutOfMemory(error);
    std::stringstream shape;
    shape << input.sizes();
    throw Error(ErrorKind::kModelForwardFailed, "the model's forward failed on a batch of shape " + shape.str() + ": " +
                                                    reader::EssentialLine(error.what()) +
                                                    "; does the data fit the model's input?");
  }
  if (!output.isTensor() || output.toTensor().dim() == 0 || output.toTensor().size(0) != input.size(0)) {
    throw Error(ErrorKind::kShapesMismatch,
                "the model must give one tensor with a row for each sample of the batch, to be trained");
  }
  return output.toTensor();
}

void TrainableModel::Save(const std::string& path) {
  for (at::Tensor& tensor : frozen_) tensor.set_requires_grad(true);
  FetchBuffers();
  module_.eval();
  std::ostringstream archive;
  module_.save(archive);
  module_.train();
  for (at::Tensor& tensor : frozen_) tensor.set_requires_grad(false);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::string bytes = archive.str();
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), "write " + path);
}

}  // namespace modlab
