#include "server/worker/training_mapping.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/train/parameter_distribution.h"
#include "server/executor/utf8.h"
#include "server/worker/mapping.h"

namespace modlab::server {
namespace {

constexpr int64_t kMostRecords = 5000;
constexpr int kBitsPerByte = 8;

Pairing ToPairing(v1::TaskSpec::Pairing pairing) {
  switch (pairing) {
    case v1::TaskSpec::CONCATENATED:
      return Pairing::kConcatenated;
    case v1::TaskSpec::STACKED:
      return Pairing::kStacked;
    default:
      return Pairing::kSingle;
  }
}

LossOptions ToLoss(const v1::LossSpec& spec) {
  LossOptions loss;
  switch (spec.kind()) {
    case v1::LossSpec::MAE:
      loss.kind = LossOptions::Kind::kMae;
      break;
    case v1::LossSpec::HUBER:
      loss.kind = LossOptions::Kind::kHuber;
      break;
    case v1::LossSpec::CROSS_ENTROPY:
      loss.kind = LossOptions::Kind::kCrossEntropy;
      break;
    case v1::LossSpec::BCE_WITH_LOGITS:
      loss.kind = LossOptions::Kind::kBceWithLogits;
      break;
    case v1::LossSpec::NLL:
      loss.kind = LossOptions::Kind::kNll;
      break;
    case v1::LossSpec::EXPRESSION:
      loss.kind = LossOptions::Kind::kExpression;
      break;
    default:
      loss.kind = LossOptions::Kind::kMse;
  }
  if (spec.has_delta()) loss.delta = spec.delta();
  loss.expression = spec.expression();
  return loss;
}

Metric ToMetric(int metric) {
  if (metric == v1::ROUNDED_ACCURACY) return Metric::kRoundedAccuracy;
  return metric == v1::R_SQUARED ? Metric::kRSquared : Metric::kAccuracy;
}

OptimizerOptions ToOptimizer(const v1::OptimizerSpec& spec) {
  OptimizerOptions optimizer;
  switch (spec.kind()) {
    case v1::OptimizerSpec::SGD:
      optimizer.kind = OptimizerOptions::Kind::kSgd;
      break;
    case v1::OptimizerSpec::ADAMW:
      optimizer.kind = OptimizerOptions::Kind::kAdamW;
      break;
    case v1::OptimizerSpec::RMSPROP:
      optimizer.kind = OptimizerOptions::Kind::kRmsprop;
      break;
    default:
      optimizer.kind = OptimizerOptions::Kind::kAdam;
  }
  optimizer.momentum = spec.momentum();
  optimizer.nesterov = spec.nesterov();
  if (spec.has_beta1()) optimizer.beta1 = spec.beta1();
  if (spec.has_beta2()) optimizer.beta2 = spec.beta2();
  if (spec.has_epsilon()) optimizer.epsilon = spec.epsilon();
  if (spec.has_alpha()) optimizer.alpha = spec.alpha();
  optimizer.centered = spec.centered();
  optimizer.weight_decay = spec.weight_decay();
  optimizer.l1 = spec.l1();
  return optimizer;
}

LearningRateSchedule ToRateSchedule(const v1::LearningRateSpec& spec) {
  LearningRateSchedule schedule;
  switch (spec.schedule()) {
    case v1::LearningRateSpec::STEP:
      schedule.kind = LearningRateSchedule::Kind::kStep;
      break;
    case v1::LearningRateSpec::COSINE:
      schedule.kind = LearningRateSchedule::Kind::kCosine;
      break;
    case v1::LearningRateSpec::ONE_CYCLE:
      schedule.kind = LearningRateSchedule::Kind::kOneCycle;
      break;
    default:
      break;
  }
  schedule.warmup_steps = spec.warmup_steps();
  if (spec.has_step_epochs()) schedule.step_size = spec.step_epochs();
  if (spec.has_gamma()) schedule.gamma = spec.gamma();
  schedule.minimum = spec.minimum();
  return schedule;
}

GoalScheduleOptions ToGoalSchedule(const v1::TrainSpec& spec) {
  const v1::GoalSchedule& given = spec.schedule();
  GoalScheduleOptions schedule;
  if (!given.vary().empty()) {
    schedule.schedule = GoalSchedule::kRandomlyVarying;
  } else if (given.has_period_epochs() || given.has_period_steps()) {
    schedule.schedule = GoalSchedule::kVarying;
    schedule.goals = spec.goals_size();
  }
  schedule.period_in_steps = given.has_period_steps();
  if (given.has_period_epochs()) schedule.period = given.period_epochs();
  if (given.has_period_steps()) schedule.period = given.period_steps();
  schedule.warmup_epochs = given.warmup_epochs();
  schedule.initial_parameters = {given.initial().begin(), given.initial().end()};
  if (given.final_epochs() > 0) {
    schedule.final_goal = given.final_goal();
    schedule.final_epochs = given.final_epochs();
    schedule.final_parameters = schedule.initial_parameters;
  }
  // A map of proto has no order, and draws are made one after the other.
  const std::map<std::string, std::string> vary(given.vary().begin(), given.vary().end());
  for (const auto& [name, text] : vary) {
    schedule.distributions.push_back(ParseDistribution(std::string(name).append("~").append(text)));
  }
  return schedule;
}

/// The bits of a mask; of its last byte, those that entries have. Errors: kShapesMismatch.
std::vector<uint8_t> Unpacked(const v1::GradientMask& mask, int64_t entries) {
  const std::string& bytes = mask.trained();
  const int64_t wanted = (entries + kBitsPerByte - 1) / kBitsPerByte;
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kShapesMismatch, mask.parameter() + " has " + std::to_string(entries) +
                                                " entries, which take " + std::to_string(wanted) +
                                                " bytes of a mask, " + why);
  };
  if (static_cast<int64_t>(bytes.size()) != wanted) refuse("and the mask has " + std::to_string(bytes.size()));
  std::vector<uint8_t> bits;
  bits.reserve(bytes.size() * kBitsPerByte);
  for (const char byte : bytes) {
    for (int bit = 0; bit < kBitsPerByte; ++bit) bits.push_back((static_cast<uint8_t>(byte) >> bit) & 1);
  }
  if (std::count(bits.begin() + entries, bits.end(), 1) > 0) refuse("and bits after the last entry's are not 0");
  bits.resize(static_cast<size_t>(entries));
  return bits;
}

std::vector<GradientMask> ToMasks(const v1::TrainSpec& spec, const std::vector<TensorInfo>& tensors) {
  std::vector<GradientMask> masks;
  for (const v1::GradientMask& given : spec.masks()) {
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) {
      return tensor.parameter && tensor.name == given.parameter();
    });
    if (found == tensors.end()) {
      throw Error(ErrorKind::kInvalidOption,
                  "there is a mask for `" + ToUtf8(given.parameter()) + "`, and the model has no such parameter");
    }
    masks.push_back({given.parameter(), Unpacked(given, found->elements)});
  }
  return masks;
}

void ToProto(const GoalInForce& goal, const v1::TrainSpec& spec, v1::GoalInForce& message) {
  message.set_expression(spec.goals(goal.goal));
  for (const auto& [name, value] : goal.parameters) (*message.mutable_parameters())[name] = value;
}

/// Numbers that are not are left out: JSON has none.
template <typename Set>
void SetIf(const std::optional<double>& value, const Set& set) {
  if (value && std::isfinite(*value)) set(*value);
}

}  // namespace

TrainingOptions ToTrainingOptions(const v1::TrainSpec& spec, const v1::InputNormalization& normalization,
                                  const std::vector<TensorInfo>& tensors, uint32_t seed) {
  TrainingOptions options;
  options.pairing = ToPairing(spec.task().pairing());
  options.scaling = {normalization.scale() / normalization.sd(), -normalization.mean() / normalization.sd()};
  options.validation_fraction = spec.validation_fraction();
  options.split_seed = spec.split_seed();
  options.goals.assign(spec.goals().begin(), spec.goals().end());
  options.schedule = ToGoalSchedule(spec);
  options.keep_optimizer = spec.schedule().keep_optimizer();
  options.loss = ToLoss(spec.loss());
  for (const int metric : spec.metrics()) options.metrics.push_back(ToMetric(metric));
  options.optimizer = ToOptimizer(spec.optimizer());
  options.learning_rate = spec.learning_rate().rate();
  options.rate_schedule = ToRateSchedule(spec.learning_rate());
  options.batch_size = spec.batch_size();
  options.shuffle = spec.shuffle();
  options.epochs = spec.epochs();
  options.steps = spec.steps();
  if (spec.stop().has_loss()) options.stop.loss = spec.stop().loss();
  if (spec.stop().has_accuracy()) options.stop.accuracy = spec.stop().accuracy();
  if (spec.stop().has_patience()) options.stop.patience = spec.stop().patience();
  if (spec.has_clip_norm()) options.clip_norm = spec.clip_norm();
  if (spec.has_pruning()) {
    options.pruning =
        PruningOptions{spec.pruning().sparsity(), spec.pruning().first_epoch(), spec.pruning().last_epoch(),
                       spec.pruning().every_steps(), spec.pruning().per_parameter()};
  }
  options.freeze.assign(spec.freeze().begin(), spec.freeze().end());
  options.masks = ToMasks(spec, tensors);
  options.regularizer = {spec.regularizer().strength(), spec.regularizer().every_steps(),
                         spec.regularizer().eigenvalues(), spec.regularizer().rescale_units()};
  if (spec.has_initialization()) {
    options.initialization = {spec.initialization().clusters(), spec.initialization().outside()};
  }
  options.device = spec.device();
  options.modularity.every_epochs = spec.modularity().every_epochs();
  options.modularity.restarts = spec.modularity().restarts();
  options.modularity.null_models = spec.modularity().null_models();
  options.modularity.graph = ToReaderOptions(spec.modularity().graph(), spec.input_shapes());
  const auto& shapes = options.modularity.graph.input_shapes;
  if (!shapes.empty()) options.input_shape = shapes.front().dimensions;
  options.checkpoint_seconds =
      static_cast<double>(google::protobuf::util::TimeUtil::DurationToMilliseconds(spec.checkpoint().every())) / 1000;
  options.checkpoint_epochs = spec.checkpoint().every_epochs();
  options.seed = seed;
  return options;
}

v1::EpochRecord ToProto(const EpochRecord& record, const v1::TrainSpec& spec) {
  v1::EpochRecord message;
  message.set_epoch(static_cast<int32_t>(record.epoch));
  message.set_step(record.step);
  ToProto(record.goal, spec, *message.mutable_goal());
  message.set_learning_rate(record.learning_rate);
  if (record.training) {
    message.set_loss(record.training->loss);
    SetIf(record.training->normalized_loss, [&](double value) { message.set_normalized_loss(value); });
    message.mutable_metrics()->Assign(record.training->metrics.begin(), record.training->metrics.end());
  }
  if (record.evaluation) {
    message.set_evaluation_loss(record.evaluation->loss);
    message.mutable_evaluation_metrics()->Assign(record.evaluation->metrics.begin(), record.evaluation->metrics.end());
  }
  SetIf(record.clusterability, [&](double value) { message.set_clusterability(value); });
  SetIf(record.sparsity, [&](double value) { message.set_sparsity(value); });
  if (record.modularity) {
    v1::ModularityRecord& modularity = *message.mutable_modularity();
    modularity.set_modularity(record.modularity->modularity);
    modularity.set_ncut(record.modularity->ncut);
    modularity.set_clusters(record.modularity->clusters);
    SetIf(record.modularity->z, [&](double value) { modularity.set_z(value); });
    SetIf(record.modularity->p, [&](double value) { modularity.set_p(value); });
    SetIf(record.modularity->agreement, [&](double value) { modularity.set_agreement(value); });
  }
  return message;
}

v1::TrainResult ToProto(const TrainingResult& result, const v1::TrainSpec& spec) {
  v1::TrainResult message;
  message.set_epochs(static_cast<int32_t>(result.epochs));
  message.set_steps(result.steps);
  message.set_stopped_by(result.stopped_by);
  message.set_device(result.device);
  const auto records = static_cast<int64_t>(result.series.size());
  const int64_t every = (records + kMostRecords - 1) / kMostRecords;
  for (int64_t i = 0; i < records; i += every) {
    *message.add_series() = ToProto(result.series[static_cast<size_t>(i)], spec);
  }
  if (records > 0 && (records - 1) % every != 0) *message.add_series() = ToProto(result.series.back(), spec);
  for (const GoalSwitch& change : result.switches) {
    v1::GoalSwitch& added = *message.add_switches();
    added.set_epoch(static_cast<int32_t>(change.epoch));
    added.set_step(change.step);
    ToProto(change.goal, spec, *added.mutable_goal());
    SetIf(change.loss_before, [&](double value) { added.set_loss_before(value); });
    SetIf(change.loss_after, [&](double value) { added.set_loss_after(value); });
    if (change.recovery_epochs) added.set_recovery_epochs(static_cast<int32_t>(*change.recovery_epochs));
    SetIf(change.agreement, [&](double value) { added.set_agreement(value); });
    SetIf(change.modularity_before, [&](double value) { added.set_modularity_before(value); });
    SetIf(change.modularity_after, [&](double value) { added.set_modularity_after(value); });
  }
  for (const GoalEvaluation& evaluation : result.evaluations) {
    v1::GoalEvaluation& added = *message.add_evaluations();
    ToProto(evaluation.goal, spec, *added.mutable_goal());
    added.set_loss(evaluation.performance.loss);
    SetIf(evaluation.performance.normalized_loss, [&](double value) { added.set_normalized_loss(value); });
    const auto& metrics = evaluation.performance.metrics;
    added.mutable_metrics()->Assign(metrics.begin(), metrics.end());
  }
  message.set_samples_per_second(result.samples_per_second);
  for (const std::string& warning : result.warnings) message.add_warnings(ToUtf8(warning));
  return message;
}

}  // namespace modlab::server
