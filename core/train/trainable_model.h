#pragma once

#include <torch/script.h>

#include <map>
#include <string>
#include <vector>

#include "core/graph/model_reader.h"
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
  TrainableModel(Model& model, const std::vector<std::string>& freeze);
  /// Frozen parameters require gradients again, as they did.
  ~TrainableModel();
  TrainableModel(const TrainableModel&) = delete;
  TrainableModel& operator=(const TrainableModel&) = delete;

  /// Parameters that are trained, in the module's order, tied ones once.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Every parameter and buffer by its name.
  std::vector<Parameter> tensors() const;

  void Train() { module_.train(); }
  void Evaluate() { module_.eval(); }
  /// Errors: kModelForwardFailed, kShapesMismatch (what it gives is no tensor with a row for each sample).
  at::Tensor Forward(const at::Tensor& input);

  /// Writes the model as an archive, in evaluation mode, with the parameters requiring gradients that did. The same
  /// tensors give the same bytes. Throws std::system_error.
  void Save(const std::string& path);

 private:
  torch::jit::Module& module_;
  std::vector<Parameter> parameters_;
  std::vector<at::Tensor> frozen_;
};

}  // namespace modlab
