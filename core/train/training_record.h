#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace modlab {

/// A goal with the values of its parameters.
struct GoalInForce {
  int goal = 0;  ///< Index into TrainingOptions.goals.
  std::map<std::string, double> parameters;
};

/// Losses and metrics over some samples. Metrics are in the order of TrainingOptions.metrics.
struct Performance {
  double loss = 0;
  std::optional<double> normalized_loss;  ///< Divided by the variance of the goal's values.
  std::vector<double> metrics;
};

struct ModularityRecord {
  double modularity = 0;
  double ncut = 0;
  int clusters = 0;
  std::optional<double> z;
  std::optional<double> p;
  std::optional<double> agreement;  ///< Adjusted Rand index with the record before.
};

/// One row of the series; see modlab.v1.EpochRecord.
struct EpochRecord {
  int64_t epoch = 0;
  int64_t step = 0;
  GoalInForce goal;
  double learning_rate = 0;
  std::optional<Performance> training;
  std::optional<Performance> evaluation;
  std::optional<double> clusterability;
  std::optional<double> sparsity;
  std::optional<ModularityRecord> modularity;
};

struct GoalSwitch {
  int64_t epoch = 0;
  int64_t step = 0;
  GoalInForce goal;
  std::optional<double> loss_before;
  std::optional<double> loss_after;
  std::optional<int64_t> recovery_epochs;
  std::optional<double> agreement;
  std::optional<double> modularity_before;
  std::optional<double> modularity_after;
};

struct GoalEvaluation {
  GoalInForce goal;
  Performance performance;
};

struct TrainingResult {
  int64_t epochs = 0;
  int64_t steps = 0;
  std::string device;  ///< What computed it: `cpu`, `cuda:0`.
  std::string stopped_by;
  std::vector<EpochRecord> series;
  std::vector<GoalSwitch> switches;
  std::vector<GoalEvaluation> evaluations;  ///< None where it was cancelled.
  double samples_per_second = 0;
  /// Where the steps of this run went, in seconds.
  struct {
    double batch = 0;     ///< Gathering samples, and evaluating the goal.
    double forward = 0;   ///< Of the model, and of the loss.
    double backward = 0;  ///< Gradients, the regulariser's too.
    double update = 0;    ///< Clipping, the optimiser, pruning.
  } step_seconds;
  /// Of every record of modularity: [records][units], -1 for units in no cluster.
  std::vector<int> partitions;
  int partition_records = 0;
  std::vector<std::string> warnings;
};

}  // namespace modlab
