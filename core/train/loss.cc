#include "core/train/loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/train/goal_evaluation.h"

namespace modlab {
namespace {

namespace functional = torch::nn::functional;

std::string Shape(const at::Tensor& tensor) {
  std::string text = "[";
  for (const int64_t size : tensor.sizes()) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

/// Without the dimensions of size 1 behind the first.
std::vector<int64_t> EssentialShape(const at::Tensor& tensor) {
  std::vector<int64_t> shape;
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    if (i == 0 || tensor.size(i) != 1) shape.push_back(tensor.size(i));
  }
  return shape;
}

at::Tensor PrepareClasses(const at::Tensor& output, const at::Tensor& goal) {
  if (output.dim() != 2 || EssentialShape(goal) != std::vector<int64_t>{output.size(0)}) {
    throw Error(ErrorKind::kShapesMismatch,
                "a loss of classes takes outputs [samples, classes] and one class for each sample; the network gives " +
                    Shape(output) + ", and the goal " + Shape(goal) +
                    ": change the network's last layer, the goal, or take another loss (mse)");
  }
  at::Tensor classes = goal.reshape({output.size(0)}).to(at::kLong);
  const auto least = classes.min().item<int64_t>();
  const auto most = classes.max().item<int64_t>();
  if (least < 0 || most >= output.size(1)) {
    throw Error(ErrorKind::kDataInvalid, "the goal is class " + std::to_string(least < 0 ? least : most) +
                                             ", and the network's outputs are classes 0 to " +
                                             std::to_string(output.size(1) - 1) +
                                             ": give the network more outputs, or change the goal");
  }
  return classes.to(output.device());
}

/// Whether the largest output is where the largest value of the goal is.
bool IsArgmax(const float* values, const float* wanted, int64_t count) {
  return std::max_element(values, values + count) - values == std::max_element(wanted, wanted + count) - wanted;
}

}  // namespace

Loss::Loss(const LossOptions& options) : options_(options) {
  if (options.kind != LossOptions::Kind::kExpression) return;
  expression_ = std::make_unique<Goal>(options.expression, std::vector<std::string>{"output", "target"},
                                       std::vector<std::string>{});
}

at::Tensor Loss::Prepare(const at::Tensor& output, const at::Tensor& goal) const {
  if (is_of_classes()) return PrepareClasses(output, goal);
  if (EssentialShape(output) != EssentialShape(goal)) {
    throw Error(ErrorKind::kShapesMismatch, "the network gives " + Shape(output) + ", and the goal " + Shape(goal) +
                                                ": this loss wants a value for each sample and output; change the "
                                                "network's last layer or the goal" +
                                                (output.dim() == 2 && output.size(1) > 1 && goal.dim() == 1
                                                     ? ", or take a loss for classes, such as cross-entropy"
                                                     : ""));
  }
  return goal.reshape(output.sizes()).to(output.device(), output.scalar_type());
}

at::Tensor Loss::Compute(const at::Tensor& output, const at::Tensor& target) const {
  switch (options_.kind) {
    case LossOptions::Kind::kMse:
      return functional::mse_loss(output, target);
    case LossOptions::Kind::kMae:
      return functional::l1_loss(output, target);
    case LossOptions::Kind::kHuber:
      return at::huber_loss(output, target, at::Reduction::Mean, options_.delta);
    case LossOptions::Kind::kCrossEntropy:
      return functional::cross_entropy(output, target);
    case LossOptions::Kind::kBceWithLogits:
      return functional::binary_cross_entropy_with_logits(output, target);
    case LossOptions::Kind::kNll:
      return functional::nll_loss(output, target);
    case LossOptions::Kind::kExpression:
      break;
  }
  const at::Tensor loss = Evaluate(*expression_, {{"output", output}, {"target", target}}, {}, Gradient::kTracked);
  if (loss.numel() != 1 || !loss.requires_grad()) {
    throw Error(ErrorKind::kGoalInvalid,
                "the loss `" + options_.expression + "` gives " + Shape(loss) +
                    (loss.numel() == 1 ? " that does not depend on the output" : "") +
                    ": it must give one number for the batch, such as ((output - target) ** 2).mean()",
                {{"expression", options_.expression}});
  }
  return loss.reshape({});
}

void PerformanceSums::Add(double loss, const at::Tensor& output, const at::Tensor& target, bool is_of_classes) {
  const int64_t samples = output.size(0);
  const at::Tensor outputs = output.detach().contiguous().to(at::kCPU, at::kFloat);
  const auto* values = outputs.data_ptr<float>();
  const int64_t per_sample = samples == 0 ? 0 : outputs.numel() / samples;
  state_[kSamples] += static_cast<double>(samples);
  state_[kLoss] += loss * static_cast<double>(samples);
  if (is_of_classes) {
    state_[kClasses] = 1;
    const at::Tensor classes = target.contiguous().cpu();
    const auto* wanted = classes.data_ptr<int64_t>();
    for (int64_t i = 0; i < samples; ++i) {
      const float* row = values + i * per_sample;
      if (std::max_element(row, row + per_sample) - row == wanted[i]) ++state_[kCorrect];
    }
    return;
  }
  const at::Tensor targets = target.contiguous().to(at::kCPU, at::kFloat);
  const auto* wanted = targets.data_ptr<float>();
  for (int64_t i = 0; i < samples; ++i) {
    bool rounded = true;
    bool sign = true;
    for (int64_t j = i * per_sample; j < (i + 1) * per_sample; ++j) {
      const double error = double{values[j]} - wanted[j];
      state_[kSquaredError] += error * error;
      // Welford's, so that a large mean costs no digits.
      const double before = wanted[j] - state_[kMean];
      state_[kElements] += 1;
      state_[kMean] += before / state_[kElements];
      state_[kSquares] += before * (wanted[j] - state_[kMean]);
      rounded = rounded && std::nearbyint(values[j]) == wanted[j];
      sign = sign && (values[j] > 0) == (wanted[j] > 0.5F);
    }
    if (rounded) ++state_[kRounded];
    if (per_sample == 1 ? sign : IsArgmax(values + i * per_sample, wanted + i * per_sample, per_sample)) {
      ++state_[kCorrect];
    }
  }
}

Performance PerformanceSums::Result() const {
  Performance performance;
  const double samples = state_[kSamples];
  performance.loss = state_[kLoss] / samples;
  const bool of_classes = state_[kClasses] != 0;
  const double variance = of_classes ? 0 : state_[kSquares] / state_[kElements];
  if (variance > 0) performance.normalized_loss = performance.loss / variance;
  for (const Metric metric : metrics_) {
    switch (metric) {
      case Metric::kAccuracy:
        performance.metrics.push_back(state_[kCorrect] / samples);
        break;
      case Metric::kRoundedAccuracy:
        performance.metrics.push_back((of_classes ? state_[kCorrect] : state_[kRounded]) / samples);
        break;
      case Metric::kRSquared:
        performance.metrics.push_back(variance > 0 ? 1 - state_[kSquaredError] / state_[kSquares] : 0.0);
        break;
    }
  }
  return performance;
}

}  // namespace modlab
