#include "core/train/regularizer.h"

#include <algorithm>
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

}  // namespace

double Regularizer::AddGradient(Model& model, const std::vector<TrainableModel::Parameter>& parameters, double strength,
                                RunContext& context) {
  const UnitGraph graph = model.Read(graph_, context);
  ClusterabilityOptions options;
  options.eigenvalues = options_.eigenvalues;
  const Clusterability clusterability = ComputeClusterability(graph, options, context);
  std::vector<float*> gradients;
  left_out_.clear();
  for (const Block& block : graph.blocks()) {
    gradients.push_back(GradientOf(block, parameters));
    if (gradients.back() == nullptr) left_out_.push_back(block.layer);
  }
  AddClusterabilityGradient(graph, clusterability, strength, gradients, context);
  return clusterability.sum;
}

}  // namespace modlab
