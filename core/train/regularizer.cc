#include "core/train/regularizer.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/train/clusterability.h"

namespace modlab {
namespace {

/// Where the gradient of a block's data lies: at the place in the gradient that the data have in the parameter. Null
/// where the data are no part of a parameter that has a gradient.
float* GradientOf(const Block& block, const std::vector<TrainableModel::Parameter>& parameters) {
  if (block.float_data == nullptr) return nullptr;
  const std::less<> before;
  for (const auto& parameter : parameters) {
    const auto* first = parameter.tensor.data_ptr<float>();
    if (before(block.float_data, first) || !before(block.float_data, first + parameter.tensor.numel())) continue;
    const at::Tensor& gradient = parameter.tensor.grad();
    if (!gradient.defined() || !gradient.is_contiguous()) return nullptr;
    return gradient.data_ptr<float>() + (block.float_data - first);
  }
  return nullptr;
}

bool HasDerivative(KernelNorm norm) { return norm != KernelNorm::kMaxColumnSum && norm != KernelNorm::kSpectral; }

/// The derivative of a kernel's norm by one of its elements, for norms that have one.
double DerivativeOfNorm(KernelNorm norm, double element, double kernel_norm, int64_t count) {
  if (norm == KernelNorm::kL2) return element / kernel_norm;
  const double sign = element > 0 ? 1 : element < 0 ? -1 : 0;
  return norm == KernelNorm::kMeanAbs ? sign / static_cast<double>(count) : sign;
}

double ScaleOf(const std::vector<double>& scale, int unit) {
  return scale.empty() ? 1 : scale[static_cast<size_t>(unit)];
}

/// The gradient of a block whose entries are norms of kernels that lie one after the other in its layer's weight,
/// [target units][source units][kernel]: convolutions, and layers that read flattened channels. False, and nothing is
/// added, where the block is of another kind.
bool AddKernelGradient(const UnitGraph& graph, const Clusterability& clusterability, const Block& block,
                       KernelNorm norm, double strength, const std::vector<TrainableModel::Parameter>& parameters) {
  const auto weight = std::find_if(parameters.begin(), parameters.end(),
                                   [&](const auto& parameter) { return parameter.name == block.layer + ".weight"; });
  const int64_t entries = int64_t{block.target_units} * block.source_units;
  if (!HasDerivative(norm) || weight == parameters.end() || !weight->tensor.grad().defined() || entries == 0 ||
      block.is_sparse() || block.convolution_groups != 1 || weight->tensor.numel() % entries != 0) {
    return false;
  }
  const int64_t count = weight->tensor.numel() / entries;
  const auto* values = weight->tensor.data_ptr<float>();
  std::vector<double> kernel(static_cast<size_t>(count));
  const auto for_entries = [&](const auto& use) {
    for (int64_t entry = 0; entry < entries; ++entry) {
      const auto target = static_cast<int>(entry / block.source_units);
      const auto source = static_cast<int>(entry % block.source_units);
      const double edge = block.entry(target, source);
      if (edge == 0) continue;
      std::copy_n(values + entry * count, count, kernel.begin());
      const double scale = ScaleOf(block.target_scale, target) * ScaleOf(block.source_scale, source);
      use(entry, target, source, edge, scale, ComputeKernelNorm(norm, kernel.data(), count, 1));
    }
  };
  bool are_norms = true;
  for_entries([&](int64_t, int, int, double edge, double scale, double kernel_norm) {
    constexpr double rounding = 1e-5;
    if (std::abs(edge - kernel_norm * scale) > rounding * edge) are_norms = false;
  });
  if (!are_norms) return false;

  const at::Tensor gradient = weight->tensor.grad().contiguous();
  auto* gradients = gradient.data_ptr<float>();
  for_entries([&](int64_t entry, int target, int source, double, double scale, double kernel_norm) {
    const double of_edge = strength * scale * EntryGradient(graph, clusterability, block, target, source);
    for (int64_t i = 0; i < count; ++i) {
      gradients[entry * count + i] +=
          static_cast<float>(of_edge * DerivativeOfNorm(norm, kernel[static_cast<size_t>(i)], kernel_norm, count));
    }
  });
  weight->tensor.mutable_grad() = gradient;
  return true;
}

/// Whether a layer has a parameter that is trained.
bool IsTrained(const std::string& layer, const std::vector<TrainableModel::Parameter>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const auto& parameter) { return parameter.name.rfind(layer + ".", 0) == 0; });
}

}  // namespace

void Regularizer::ReadGraph(Model& model, const std::vector<TrainableModel::Parameter>& parameters,
                            RunContext& context) {
  tracker_.reset();
  graph_.emplace(model.Read(reader_, context));
  ClusterabilityOptions options;
  options.eigenvalues = options_.eigenvalues;
  tracker_.emplace(*graph_, options, context);
  tracker_->set_subspace(subspace_);
  graph_is_live_ = std::all_of(graph_->blocks().begin(), graph_->blocks().end(), [&](const Block& block) {
    return GradientOf(block, parameters) != nullptr && block.target_scale.empty() && block.source_scale.empty();
  });
}

double Regularizer::AddGradient(Model& model, const std::vector<TrainableModel::Parameter>& parameters, double strength,
                                RunContext& context) {
  if (!graph_ || !graph_is_live_) ReadGraph(model, parameters, context);
  const UnitGraph& graph = *graph_;
  const Clusterability clusterability = tracker_->Compute(context);
  subspace_ = tracker_->subspace();
  std::vector<float*> gradients;
  left_out_.clear();
  for (const Block& block : graph.blocks()) {
    gradients.push_back(GradientOf(block, parameters));
    if (gradients.back() == nullptr &&
        !AddKernelGradient(graph, clusterability, block, reader_.kernel_norm, strength, parameters) &&
        IsTrained(block.layer, parameters)) {
      left_out_.push_back(block.layer);
    }
  }
  AddClusterabilityGradient(graph, clusterability, strength, gradients, context);
  return clusterability.sum;
}

}  // namespace modlab
