#include "core/graph/parameters.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <string_view>

#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

int64_t FirstByte(const at::Tensor& tensor) { return tensor.storage_offset() * tensor.element_size(); }

int64_t EndByte(const at::Tensor& tensor) {
  int64_t last = 0;
  for (int64_t axis = 0; axis < tensor.dim(); ++axis) last += (tensor.size(axis) - 1) * tensor.stride(axis);
  return FirstByte(tensor) + (last + 1) * tensor.element_size();
}

const void* MemoryOf(const at::Tensor& tensor) {
  return tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

bool IsHalf(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16;
}

size_t HashOf(const at::Tensor& contiguous) {
  const auto bytes = static_cast<size_t>(contiguous.numel() * contiguous.element_size());
  return std::hash<std::string_view>()({static_cast<const char*>(contiguous.data_ptr()), bytes});
}

/// What two matrices of CompressedRows have in common if they are equal, and as good as never otherwise.
std::vector<size_t> ContentOf(const at::Tensor& rows) {
  return {static_cast<size_t>(rows.size(0)), static_cast<size_t>(rows.size(1)), HashOf(rows.crow_indices()),
          HashOf(rows.col_indices()), HashOf(rows.values())};
}

void AppendConstants(const torch::jit::Block& block, std::vector<at::Tensor>& tensors) {
  for (const torch::jit::Node* node : block.nodes()) {
    if (node->kind() == c10::prim::Constant && node->output()->type()->isSubtypeOf(*c10::TensorType::get())) {
      tensors.push_back(torch::jit::toIValue(node->output())->toTensor());
    }
    for (const torch::jit::Block* inner : node->blocks()) AppendConstants(*inner, tensors);
  }
}

}  // namespace

Parameters::Parameters(const torch::jit::Module& module, const torch::jit::Graph& graph) {
  std::vector<at::Tensor> tensors;
  for (const auto& parameter : module.named_parameters()) {
    Add(parameter.name, parameter.value);
    tensors.push_back(parameter.value);
    // A tied weight is known by its first name.
    const bool is_weight = parameter.value.is_floating_point() && parameter.value.dim() >= 2;
    if (is_weight && NameOf(parameter.value) == parameter.name) weight_names_.push_back(parameter.name);
  }
  for (const auto& attribute : module.named_attributes()) {
    if (!attribute.value.isTensor()) continue;
    Add(attribute.name, attribute.value.toTensor());
    tensors.push_back(attribute.value.toTensor());
  }
  AppendConstants(*graph.block(), tensors);
  const auto first = std::find_if(tensors.begin(), tensors.end(), [](const at::Tensor& tensor) {
    return tensor.defined() && tensor.is_floating_point() && tensor.dim() > 0;
  });
  if (first != tensors.end() && first->scalar_type() == at::kDouble) dtype_ = at::kDouble;
}

void Parameters::Add(const std::string& name, const at::Tensor& parameter) {
  if (!parameter.defined()) return;
  const at::Tensor tensor = Elements(parameter);
  const void* storage = MemoryOf(tensor);
  if (storage == nullptr || tensor.numel() == 0) return;
  extents_[storage].push_back({FirstByte(tensor), EndByte(tensor), name});
}

std::string Parameters::NameOf(const at::Tensor& parameter, const std::string& layer) const {
  const at::Tensor tensor = Elements(parameter);
  const auto found = extents_.find(MemoryOf(tensor));
  if (found == extents_.end() || tensor.numel() == 0) return "";
  const auto& extents = found->second;
  const auto contains = [&](const Extent& extent) {
    return extent.begin <= FirstByte(tensor) && EndByte(tensor) <= extent.end;
  };
  auto inside = std::find_if(extents.begin(), extents.end(), [&](const Extent& extent) {
    return contains(extent) && !layer.empty() && extent.name.rfind(layer + ".", 0) == 0;
  });
  if (inside == extents.end()) inside = std::find_if(extents.begin(), extents.end(), contains);
  return inside == extents.end() ? "" : inside->name;
}

at::Tensor Parameters::Computable(const at::Tensor& tensor) {
  if (!tensor.defined() || !IsHalf(tensor)) return tensor;
  const std::string name = NameOf(tensor);
  if (name.empty()) return tensor.to(at::kFloat);
  const auto found = converted_.find(tensor.unsafeGetTensorImpl());
  if (found != converted_.end()) return found->second.copy;
  at::Tensor copy = tensor.to(at::kFloat);
  Add(name, copy);
  converted_.emplace(tensor.unsafeGetTensorImpl(), Converted{tensor, copy});
  return copy;
}

at::Tensor Parameters::Rows(const at::Tensor& sparse, bool transposed) {
  at::Tensor rows = CompressedRows(sparse, transposed);
  at::Tensor& known = compressed_[ContentOf(rows)];
  if (!known.defined()) known = rows;
  return known;
}

}  // namespace modlab::reader
