#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/train/clusterable_initialization.h"
#include "core/train/goal_schedule.h"
#include "core/train/learning_rate.h"
#include "core/train/optimizer.h"

namespace modlab {

/// What a sample is. A pair's inputs are those of the first sample, and then those of the second.
enum class Pairing { kSingle, kConcatenated, kStacked };

/// A network sees stored inputs times `scale` plus `shift`.
struct InputScaling {
  double scale = 1;
  double shift = 0;
};

struct LossOptions {
  enum class Kind { kMse, kMae, kHuber, kCrossEntropy, kBceWithLogits, kNll, kExpression };
  Kind kind = Kind::kMse;
  double delta = 1;        ///< kHuber: where it becomes linear.
  std::string expression;  ///< kExpression: over `output` and `target`.
};

/// Whether the goal is the number of a class.
inline bool IsOfClasses(LossOptions::Kind kind) {
  return kind == LossOptions::Kind::kCrossEntropy || kind == LossOptions::Kind::kNll;
}

enum class Metric {
  /// Share of samples whose largest output is the goal's class; of a single output, whose sign is right for a goal of 0
  /// and 1.
  kAccuracy,
  /// Share of samples all of whose outputs, rounded, are the goal's values.
  kRoundedAccuracy,
  /// 1 - sum of squared errors / sum of squares about the goal's mean, over all outputs.
  kRSquared,
};

/// Training ends at the end of an epoch when one of these holds, but not before the last switch of goals.
struct StopCondition {
  std::optional<double> loss;      ///< At most this.
  std::optional<double> accuracy;  ///< The first accuracy among the metrics: at least this.
  std::optional<int> patience;     ///< The loss has not fallen for so many epochs.
};

struct PruningOptions {
  double sparsity = 0;  ///< In (0, 1).
  int64_t first_epoch = 0;
  int64_t last_epoch = 0;
  int64_t every_steps = 100;
  bool per_parameter = false;
};

/// Entries of a parameter that training leaves as they are.
struct GradientMask {
  std::string parameter;
  std::vector<uint8_t> trained;  ///< For each entry; 0: left as it is.
};

struct RegularizerOptions {
  double strength = 0;  ///< 0: none.
  int64_t every_steps = 20;
  int eigenvalues = 3;
  bool rescale_units = false;  ///< ReLU units, each time before; see relu_rescaling.h.
};

struct ModularityOptions {
  int64_t every_epochs = 0;  ///< 0: never.
  int restarts = 5;
  int null_models = 0;
  ReaderOptions graph;
};

/// All that a training is told, every default filled in.
struct TrainingOptions {
  Pairing pairing = Pairing::kSingle;
  InputScaling scaling;
  /// Batch dimension included: what a batch is shaped as where the numbers of elements agree. Empty: as the data is.
  std::vector<int64_t> input_shape;
  double validation_fraction = 0;
  uint32_t split_seed = 0;
  std::vector<std::string> goals = {"y"};
  GoalScheduleOptions schedule;
  bool keep_optimizer = false;
  LossOptions loss;
  std::vector<Metric> metrics;
  OptimizerOptions optimizer;
  double learning_rate = 1e-3;
  LearningRateSchedule rate_schedule;  ///< `step_size` counts epochs here.
  int64_t batch_size = 64;
  bool shuffle = true;
  int64_t epochs = 0;  ///< One of the two is over 0.
  int64_t steps = 0;
  StopCondition stop;
  std::optional<double> clip_norm;
  std::optional<PruningOptions> pruning;
  std::vector<std::string> freeze;
  std::vector<GradientMask> masks;
  /// Modules that stay in evaluation mode: batch norms that keep their running statistics.
  std::vector<std::string> fixed_statistics;
  std::optional<ClusterableInitializationOptions> initialization;
  RegularizerOptions regularizer;
  ModularityOptions modularity;
  double checkpoint_seconds = 60;
  int64_t checkpoint_epochs = 0;
  uint32_t seed = 0;
  std::string device = "cpu";  ///< `auto`, `cpu`, `cuda`, `cuda:N`; see compute_device.h.
};

}  // namespace modlab
