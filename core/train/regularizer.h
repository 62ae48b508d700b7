#pragma once

#include <string>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/run_context.h"
#include "core/train/trainable_model.h"

namespace modlab {

/// Clusterability as a part of what is minimised; see clusterability.h. Weights whose blocks are views of parameters
/// (those of linear layers) get its gradient, and so do kernels whose norms are the entries of a block. What is made of
/// parameters in another way (grouped and transposed convolutions, norms by columns) gets none. Internal to core/train.
class Regularizer {
 public:
  Regularizer(const RegularizerOptions& options, ReaderOptions graph) : options_(options), graph_(std::move(graph)) {}

  /// Adds strength * d sum / d weight to the gradients that the parameters have. The model must be in evaluation mode.
  /// Returns the sum of eigenvalues. Errors: as Model::Read and ComputeClusterability.
  double AddGradient(Model& model, const std::vector<TrainableModel::Parameter>& parameters, double strength,
                     RunContext& context);

  /// Layers that get no gradient, of the last call.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  RegularizerOptions options_;
  ReaderOptions graph_;
  std::vector<std::string> left_out_;
};

}  // namespace modlab
