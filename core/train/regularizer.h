#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/run_context.h"
#include "core/train/clusterability_tracker.h"
#include "core/train/trainable_model.h"

namespace modlab {

/// Clusterability as a part of what is minimised; see clusterability.h. Weights whose blocks are views of parameters
/// (those of linear layers) get its gradient, and so do kernels whose norms are the entries of a block. What is made of
/// parameters in another way (grouped and transposed convolutions, norms by columns) gets none. Internal to core/train.
class Regularizer {
 public:
  Regularizer(const RegularizerOptions& options, ReaderOptions graph) : options_(options), reader_(std::move(graph)) {}

  /// Adds strength * d sum / d weight to the gradients that the parameters have. The model must be in evaluation mode.
  /// Returns the sum of eigenvalues. Errors: as Model::Read and ComputeClusterability.
  double AddGradient(Model& model, const std::vector<TrainableModel::Parameter>& parameters, double strength,
                     RunContext& context);

  /// To be called when weights have become 0 for good: the graph is read anew then.
  void WeightsRemoved() {
    tracker_.reset();
    graph_.reset();
  }

  /// What the next call starts from, for checkpoints.
  const std::vector<float>& subspace() const { return subspace_; }
  void set_subspace(std::vector<float> subspace) { subspace_ = std::move(subspace); }

  /// Layers that are trained and got no gradient by the last call.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  void ReadGraph(Model& model, const std::vector<TrainableModel::Parameter>& parameters, RunContext& context);

  RegularizerOptions options_;
  ReaderOptions reader_;
  std::optional<UnitGraph> graph_;
  bool graph_is_live_ = false;  ///< All of its weights are the parameters themselves: it need not be read again.
  std::optional<ClusterabilityTracker> tracker_;
  std::vector<float> subspace_;
  std::vector<std::string> left_out_;
};

}  // namespace modlab
