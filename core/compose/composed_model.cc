#include "core/compose/composed_model.h"

#include <torch/script.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/graph/loaded_module.h"

namespace modlab {
namespace {

using TensorsByName = c10::Dict<c10::IValue, c10::IValue>;

[[noreturn]] void ThrowNotComposed(const std::string& what) {
  throw Error(ErrorKind::kInvalidOption, what + ": the model was not composed (`modlab model compose`)");
}

std::optional<TensorsByName> FindTensors(const torch::jit::Module& module, const std::string& name) {
  if (!module.hasattr(name) || !module.attr(name).isGenericDict()) return std::nullopt;
  return module.attr(name).toGenericDict();
}

/// The entry's tensor of this type; nothing where there is none, or it is another one. Its size may be one that no
/// memory has: it need not be contiguous.
std::optional<at::Tensor> FindTensor(const TensorsByName& tensors, const std::string& name, at::ScalarType type) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || !found->value().isTensor()) return std::nullopt;
  const at::Tensor tensor = found->value().toTensor();
  if (tensor.scalar_type() != type || tensor.layout() != at::kStrided || !tensor.is_cpu()) return std::nullopt;
  return tensor;
}

/// As a pattern that matches nothing else.
std::string Escaped(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    if (std::string("*?[\\").find(c) != std::string::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

int ComposedParts(Model& model) {
  const torch::jit::Module& module = ModuleOf(model);
  if (!module.hasattr("composed_parts") || !module.attr("composed_parts").isInt()) return 0;
  const bool carries = FindTensors(module, "planted_partition") && FindTensors(module, "gradient_masks");
  const int64_t parts = module.attr("composed_parts").toInt();
  constexpr int64_t most = 1000;
  return carries && parts >= 2 && parts <= most ? static_cast<int>(parts) : 0;
}

std::vector<int> PlantedPartition(Model& model, const UnitGraph& graph) {
  const int parts = ComposedParts(model);
  if (parts == 0) ThrowNotComposed("there is no planted partition");
  const TensorsByName partition = *FindTensors(ModuleOf(model), "planted_partition");
  std::vector<int> labels;
  labels.reserve(static_cast<size_t>(graph.units()));
  for (const Group& group : graph.groups()) {
    const auto found = FindTensor(partition, group.name, at::kLong);
    if (!found || found->numel() != group.units) {
      throw Error(
          ErrorKind::kInvalidOption,
          "the planted partition says " +
              (found ? "what part " + std::to_string(found->numel()) + " units are of" : std::string("nothing")) +
              " of " + group.name + ", which has " + std::to_string(group.units) + " units");
    }
    const at::Tensor parts_of_units = found->contiguous();
    const auto* data = parts_of_units.data_ptr<int64_t>();
    for (int unit = 0; unit < group.units; ++unit) {
      if (data[unit] < 0 || data[unit] > parts) {
        throw Error(ErrorKind::kInvalidOption,
                    "the planted partition says that a unit of " + group.name + " is of a part that there is not");
      }
      labels.push_back(static_cast<int>(data[unit]));
    }
  }
  return labels;
}

void Freeze(Model& model, FreezeMode mode, TrainingOptions& options) {
  if (mode == FreezeMode::kNone) return;
  torch::jit::Module& module = ModuleOf(model);
  if (ComposedParts(model) == 0) ThrowNotComposed("there is nothing to freeze by mode");
  const TensorsByName masks = *FindTensors(module, "gradient_masks");
  for (const auto& parameter : module.named_parameters()) {
    const auto mask = FindTensor(masks, parameter.name, at::kBool);
    if (!mask || mask->sizes() != parameter.value.sizes()) continue;
    const bool has_cross = mode == FreezeMode::kCrossFree && mask->any().item<bool>();
    if (has_cross) {
      const at::Tensor entries = mask->contiguous();
      const auto* trained = entries.data_ptr<bool>();
      options.masks.push_back({parameter.name, {trained, trained + entries.numel()}});
    } else {
      options.freeze.push_back(Escaped(parameter.name));
    }
  }
  // Norms alone have buffers, all of them are of a part or of the head, and those without scale and shift have no mask.
  for (const auto& buffer : module.named_buffers()) {
    const size_t dot = buffer.name.rfind('.');
    if (dot == std::string::npos) continue;
    const std::string norm = buffer.name.substr(0, dot);
    auto& fixed = options.fixed_statistics;
    if (std::find(fixed.begin(), fixed.end(), norm) == fixed.end()) fixed.push_back(norm);
  }
}

}  // namespace modlab
