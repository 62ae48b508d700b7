#pragma once

#include <torch/script.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/train/dense_network.h"
#include "core/train/device_replica.h"
#include "core/train/training_options.h"

namespace modlab {

/// A loaded model as something to be trained. Internal to core/train: it shows LibTorch's types.
class TrainableModel {
 public:
  struct Parameter {
    std::string name;
    at::Tensor tensor;
  };

  /// Errors: kNothingToTrain; kInvalidOption (a pattern that no parameter has, with near names; parameters that are
  /// neither float32 nor dense).
  TrainableModel(Model& model, const std::vector<std::string>& freeze, const at::Device& device = at::kCPU);
  /// Frozen parameters require gradients again, as they did.
  ~TrainableModel();
  TrainableModel(const TrainableModel&) = delete;
  TrainableModel& operator=(const TrainableModel&) = delete;

  /// Parameters that are trained, in the module's order, tied ones once.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Every parameter and buffer by its name.
  std::vector<Parameter> tensors() const;
  /// To be called after parameters have been changed from outside, as by an update; or buffers, too, as from a
  /// checkpoint.
  void ParametersChanged();
  void TensorsChanged();

  /// Into the mode for learning, or for use. FixStatistics: of these modules (batch norms), which keep their running
  /// statistics, it is always the latter.
  void Train();
  void Evaluate();
  void FixStatistics(std::vector<std::string> modules) { fixed_ = std::move(modules); }
  /// Whether OpenMP's threads are the ones that compute it, not the BLAS's.
  bool uses_openmp() const { return uses_openmp_; }

  /// The output of a batch, good until the next call. It requires gradients where they are tracked. Errors:
  /// kModelForwardFailed, kShapesMismatch (what it gives is no tensor with a row for each sample).
  at::Tensor Forward(const at::Tensor& input);
  /// Gives the parameters the gradients of a loss of the last output.
  void Backward(const at::Tensor& loss);

  /// Writes the model as an archive, in evaluation mode, with the parameters requiring gradients that did. The same
  /// tensors give the same bytes. Throws std::system_error.
  void Save(const std::string& path);

 private:
  at::Tensor ForwardOfModule(const at::Tensor& input);
  /// What the last forwards have changed comes to the module.
  void FetchBuffers() const;

  torch::jit::Module& module_;
  std::vector<Parameter> parameters_;
  std::vector<at::Tensor> frozen_;
  std::vector<std::string> fixed_;
  std::unique_ptr<DeviceReplica> replica_;  ///< Null on the CPU.
  std::unique_ptr<DenseNetwork> dense_;     ///< Does the same as the module, faster, where that is of such a kind.
  at::Tensor dense_output_;                 ///< The last output, if the dense network gave it.
  bool uses_openmp_ = false;
  bool channels_last_ = false;  ///< How images lie in memory.
};

}  // namespace modlab
