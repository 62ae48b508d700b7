#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "core/train/goal.h"
#include "core/train/training_options.h"
#include "core/train/training_record.h"

namespace modlab {

// What is minimised and what is measured. Internal to core/train: it shows LibTorch's types.

/// A loss as a function of a batch's output and goal; as torch.nn.functional has them, with the mean over all elements.
class Loss {
 public:
  /// Errors: kGoalInvalid (an expression that does not compile).
  explicit Loss(const LossOptions& options);

  /// The goal's values in the type and shape that the loss takes with this output: class numbers [samples] as int64,
  /// others shaped as the output. Errors: kShapesMismatch, kDataInvalid (a class that the output does not have).
  at::Tensor Prepare(const at::Tensor& output, const at::Tensor& goal) const;
  /// A number for the batch. `target` was prepared. Errors: kGoalInvalid (an expression that gives something else).
  at::Tensor Compute(const at::Tensor& output, const at::Tensor& target) const;

  bool is_of_classes() const { return IsOfClasses(options_.kind); }

 private:
  LossOptions options_;
  std::unique_ptr<Goal> expression_;
};

/// Adds up losses, metrics and the goal's variance over batches. The state can be written down.
class PerformanceSums {
 public:
  explicit PerformanceSums(const std::vector<Metric>& metrics) : metrics_(metrics) {}

  /// `target` as Loss::Prepare gives it.
  void Add(double loss, const at::Tensor& output, const at::Tensor& target, bool is_of_classes);
  int64_t samples() const { return static_cast<int64_t>(state_[kSamples]); }
  /// Of at least one sample.
  Performance Result() const;

  const std::vector<double>& state() const { return state_; }
  void set_state(std::vector<double> state) { state_ = std::move(state); }

 private:
  enum { kSamples, kLoss, kCorrect, kRounded, kElements, kSquaredError, kMean, kSquares, kClasses, kStates };

  std::vector<Metric> metrics_;
  std::vector<double> state_ = std::vector<double>(kStates, 0.0);
};

}  // namespace modlab
