#include "server/jobs/train_spec.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/shown_text.h"
#include "core/train/goal_names.h"
#include "core/train/parameter_distribution.h"
#include "server/executor/utf8.h"
#include "server/jobs/compose_spec.h"
#include "server/jobs/graph_options.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/request_error.h"
#include "server/jobs/resource_checks.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::DataTensor;
using modlab::v1::GoalSchedule;
using modlab::v1::GradientMask;
using modlab::v1::LearningRateSpec;
using modlab::v1::LossSpec;
using modlab::v1::OptimizerSpec;
using modlab::v1::TaskSpec;
using modlab::v1::TrainSpec;

constexpr int kMostGoals = 64;
constexpr size_t kLongestExpression = 4096;
constexpr int kMostBatch = 1'000'000;
constexpr int kMostEpochs = 1'000'000;
constexpr int64_t kMostSteps = int64_t{1} << 40;
constexpr int kMostFreezePatterns = 100;
constexpr int kMostRestarts = 1000;
constexpr int kMostNullModels = 10'000;

const std::string kTrainField = "job.spec.train";

/// `what` completes `... is no `.
template <typename Number>
void CheckRange(const std::string& field, Number value, Number least, Number most, const std::string& what) {
  if (value >= least && value <= most) return;
  RefuseField(kTrainField + field, fmt::format("{} is no {}: give {} to {}", value, what, least, most));
}

void CheckPositive(const std::string& field, double value, const std::string& what) {
  if (std::isfinite(value) && value > 0) return;
  RefuseField(kTrainField + field, fmt::format("{} is no {}: give a number over 0", value, what));
}

void CheckAtLeastZero(const std::string& field, double value, const std::string& what) {
  if (std::isfinite(value) && value >= 0) return;
  RefuseField(kTrainField + field, fmt::format("{} is no {}: give 0 or more", value, what));
}

/// In [0, 1).
void CheckShare(const std::string& field, double value, const std::string& what) {
  if (value >= 0 && value < 1) return;
  RefuseField(kTrainField + field, fmt::format("{} is no {}: give 0 up to, but not, 1", value, what));
}

template <typename Enum>
void CheckKnown(const std::string& field, bool valid, Enum value) {
  if (!valid) RefuseField(kTrainField + field, fmt::format("unknown value {}", static_cast<int>(value)));
}

void CheckExpression(const std::string& field, const std::string& text) {
  if (text.empty() || text.size() > kLongestExpression) {
    RefuseField(kTrainField + field, fmt::format("an expression has 1 to {} characters", kLongestExpression));
  }
}

// --- Data

const DataTensor* FindTensor(const modlab::v1::Dataset& data, const std::string& name) {
  const auto found = std::find_if(data.tensors().begin(), data.tensors().end(),
                                  [&](const DataTensor& tensor) { return tensor.name() == name; });
  return found == data.tensors().end() ? nullptr : &*found;
}

void CheckEvaluationData(const TrainInputs& inputs, const TrainSpec& spec) {
  CheckShare(".validation_fraction", spec.validation_fraction(), "share of samples");
  if (inputs.evaluation_data.name().empty()) return;
  if (spec.validation_fraction() > 0) {
    RefuseField(kTrainField + ".validation_fraction",
                "samples are evaluated of the data set for that, or of a part of the other: not both");
  }
  for (const DataTensor& tensor : inputs.data.tensors()) {
    const DataTensor* other = FindTensor(inputs.evaluation_data, tensor.name());
    const auto row = [](const DataTensor& of) { return std::vector<int>(of.shape().begin() + 1, of.shape().end()); };
    if (other == nullptr || row(*other) != row(tensor)) {
      RefuseField(kTrainField + ".evaluation_data",
                  fmt::format("{} has no tensor `{}` of the same shape as {}", inputs.evaluation_data.name(),
                              tensor.name(), inputs.data.name()));
    }
  }
}

/// Of one sample's input, pairs counted double.
double InputElements(const TrainInputs& inputs, const TrainSpec& spec) {
  double elements = spec.task().pairing() == TaskSpec::SINGLE ? 1 : 2;
  const auto& shape = inputs.data.tensors(0).shape();
  for (int i = 1; i < shape.size(); ++i) elements *= shape[i];
  return elements;
}

/// A model of linear layers takes one number of inputs only.
void CheckInputFits(const TrainInputs& inputs, const TrainSpec& spec) {
  const auto& shapes = spec.input_shapes();
  if (shapes.size() > 1) {
    RefuseField(kTrainField + ".model",
                fmt::format("{} takes {} inputs, and modlab trains models of one", inputs.model.name(), shapes.size()));
  }
  const auto& graph = inputs.model.inspection().graph();
  if (shapes.empty() || graph.blocks().empty() || shapes[0].dimensions_size() != 2) return;
  const double wanted = shapes[0].dimensions(1);
  const double given = InputElements(inputs, spec);
  if (wanted == given) return;
  throw RequestError(
      modlab::v1::FIELD_INVALID,
      fmt::format("{} takes {} features, and a sample of {} has {}{}: give another model or data set, or another "
                  "pairing",
                  inputs.model.name(), wanted, inputs.data.name(), given,
                  spec.task().pairing() == TaskSpec::SINGLE ? "" : " as a pair"),
      kTrainField + ".data");
}

void ResolveTask(const TrainInputs& inputs, TrainSpec* spec) {
  auto* task = spec->mutable_task();
  CheckKnown(".task.pairing", TaskSpec::Pairing_IsValid(task->pairing()), task->pairing());
  if (task->pairing() == TaskSpec::PAIRING_UNSPECIFIED) task->set_pairing(TaskSpec::SINGLE);
  if (task->pairing() != TaskSpec::SINGLE) {
    for (const auto* data : {&inputs.data, &inputs.evaluation_data}) {
      if (data->samples() % 2 == 0) continue;
      throw RequestError(modlab::v1::FIELD_INVALID,
                         fmt::format("pairs need an even number of samples, and {} has {}: leave one out", data->name(),
                                     data->samples()),
                         kTrainField + ".task.pairing");
    }
  }
}

// --- Goals

void ResolveGoals(const TrainInputs& inputs, TrainSpec* spec) {
  if (spec->goals().empty()) {
    const char* label = spec->task().pairing() == TaskSpec::SINGLE ? "y" : "";
    if (FindTensor(inputs.data, label) == nullptr) {
      throw RequestError(modlab::v1::FIELD_MISSING,
                         "what should the network learn? Give a goal, such as `a*y1 + b*y2` or `left & right`",
                         kTrainField + ".goals");
    }
    spec->add_goals(label);
  }
  if (spec->goals_size() > kMostGoals) {
    RefuseField(kTrainField + ".goals",
                fmt::format("{} goals were given: give at most {}", spec->goals_size(), kMostGoals));
  }
  for (int i = 0; i < spec->goals_size(); ++i) CheckExpression(fmt::format(".goals[{}]", i), spec->goals(i));
}

void ResolveSchedule(TrainSpec* spec) {
  const std::string field = ".schedule";
  GoalSchedule& schedule = *spec->mutable_schedule();
  const bool changes = !schedule.vary().empty() || spec->goals_size() > 1;
  for (const auto& [name, value] : schedule.initial()) {
    if (!std::isfinite(value))
      RefuseField(kTrainField + field + ".initial", fmt::format("the parameter {} is not a number", ToUtf8(name)));
  }
  for (const auto& [name, distribution] : schedule.vary()) {
    if (schedule.initial().count(name) == 0) (*schedule.mutable_initial())[name] = 1;
  }
  if (schedule.has_period_epochs() && schedule.has_period_steps()) {
    RefuseField(kTrainField + field + ".period_steps", "a period is given in epochs or in steps, not both");
  }
  if (schedule.has_period_epochs()) {
    CheckRange(field + ".period_epochs", schedule.period_epochs(), 1, kMostEpochs, "period");
  }
  if (schedule.has_period_steps()) {
    CheckRange<int64_t>(field + ".period_steps", schedule.period_steps(), 1, kMostSteps, "period");
  }
  const bool has_period = schedule.has_period_epochs() || schedule.has_period_steps();
  if (changes && !has_period) {
    throw RequestError(modlab::v1::FIELD_MISSING,
                       "how often does the goal change? Give a period (`modlab train --switch-every 10`)",
                       kTrainField + field + ".period_epochs");
  }
  if (!changes && has_period) {
    RefuseField(kTrainField + field + ".period_epochs",
                "there is a period, and nothing that changes: give a second goal, or vary a "
                "parameter");
  }
  if (schedule.has_warmup_epochs()) {
    CheckRange(field + ".warmup_epochs", schedule.warmup_epochs(), 0, kMostEpochs, "number of epochs");
  }
  if (!schedule.vary().empty() && spec->goals_size() > 1 && schedule.final_epochs() == 0) {
    RefuseField(kTrainField + field + ".vary",
                "either several goals take turns, or parameters of one vary: give one goal, or final epochs "
                "for the other");
  }
  for (const auto& [name, text] : schedule.vary()) {
    try {
      ParseDistribution(fmt::format("{}~{}", name, text));
    } catch (const Error& error) {
      RefuseField(kTrainField + field + ".vary", error.what());
    }
  }
  CheckRange(field + ".final_epochs", schedule.final_epochs(), 0, kMostEpochs, "number of epochs");
  CheckRange(field + ".final_goal", schedule.final_goal(), 0, spec->goals_size() - 1, "goal's number");
}

void CheckNames(const std::string& field, const std::string& expression, const std::vector<std::string>& names) {
  try {
    CheckGoalNames(expression, names);
  } catch (const Error& error) {
    throw RequestError(modlab::v1::GOAL_INVALID, error.what(), kTrainField + field);
  }
}

/// Compiling them is left to the worker.
void CheckGoals(const TrainInputs& inputs, const TrainSpec& spec) {
  std::vector<std::string> tensors;
  for (const DataTensor& tensor : inputs.data.tensors()) tensors.push_back(tensor.name());
  const DataTensor* input = FindTensor(inputs.data, "x");
  const bool vectors = input != nullptr && input->shape_size() <= 2;
  std::vector<std::string> names = GoalTensorNames(tensors, spec.task().pairing() != TaskSpec::SINGLE,
                                                   vectors ? static_cast<int64_t>(InputElements(inputs, spec)) : 0);
  for (const auto& [name, value] : spec.schedule().initial()) names.push_back(name);
  for (int i = 0; i < spec.goals_size(); ++i) CheckNames(fmt::format(".goals[{}]", i), spec.goals(i), names);
  if (spec.loss().kind() == LossSpec::EXPRESSION) {
    CheckNames(".loss.expression", spec.loss().expression(), {"output", "target"});
  }
}

// --- Loss and metrics

void ResolveLoss(const TrainInputs& inputs, TrainSpec* spec) {
  LossSpec& loss = *spec->mutable_loss();
  CheckKnown(".loss.kind", LossSpec::Kind_IsValid(loss.kind()), loss.kind());
  if (loss.kind() == LossSpec::KIND_UNSPECIFIED) {
    const DataTensor* label =
        spec->task().pairing() == TaskSpec::SINGLE ? FindTensor(inputs.data, spec->goals(0)) : nullptr;
    const bool of_classes = spec->goals_size() == 1 && label != nullptr && label->classes() > 1 &&
                            inputs.model.inspection().graph().groups_size() > 0 &&
                            inputs.model.inspection().graph().groups().rbegin()->units() == label->classes();
    loss.set_kind(of_classes ? LossSpec::CROSS_ENTROPY : LossSpec::MSE);
  }
  if (loss.has_delta() && loss.kind() != LossSpec::HUBER)
    RefuseField(kTrainField + ".loss.delta", "delta is for HUBER");
  if (loss.kind() == LossSpec::HUBER) {
    if (!loss.has_delta()) loss.set_delta(1);
    CheckPositive(".loss.delta", loss.delta(), "delta");
  }
  if (loss.kind() == LossSpec::EXPRESSION) {
    CheckExpression(".loss.expression", loss.expression());
  } else if (!loss.expression().empty()) {
    RefuseField(kTrainField + ".loss.expression", "an expression is for the kind EXPRESSION");
  }
  if (spec->metrics().empty()) {
    const bool of_classes = loss.kind() == LossSpec::CROSS_ENTROPY || loss.kind() == LossSpec::NLL ||
                            loss.kind() == LossSpec::BCE_WITH_LOGITS;
    spec->add_metrics(of_classes ? modlab::v1::ACCURACY : modlab::v1::R_SQUARED);
    if (!of_classes) spec->add_metrics(modlab::v1::ROUNDED_ACCURACY);
  }
  for (const int metric : spec->metrics()) {
    if (!modlab::v1::MetricKind_IsValid(metric) || metric == modlab::v1::METRIC_KIND_UNSPECIFIED) {
      RefuseField(kTrainField + ".metrics", fmt::format("unknown metric {}", metric));
    }
  }
}

// --- How it is learned

void ResolveOptimizer(OptimizerSpec* optimizer) {
  const std::string field = ".optimizer";
  CheckKnown(field + ".kind", OptimizerSpec::Kind_IsValid(optimizer->kind()), optimizer->kind());
  if (optimizer->kind() == OptimizerSpec::KIND_UNSPECIFIED) optimizer->set_kind(OptimizerSpec::ADAM);
  const bool adam = optimizer->kind() == OptimizerSpec::ADAM || optimizer->kind() == OptimizerSpec::ADAMW;
  if (adam) {
    if (!optimizer->has_beta1()) optimizer->set_beta1(0.9);
    if (!optimizer->has_beta2()) optimizer->set_beta2(0.999);
    CheckShare(field + ".beta1", optimizer->beta1(), "decay rate");
    CheckShare(field + ".beta2", optimizer->beta2(), "decay rate");
  }
  if (optimizer->kind() == OptimizerSpec::RMSPROP) {
    if (!optimizer->has_alpha()) optimizer->set_alpha(0.99);
    CheckShare(field + ".alpha", optimizer->alpha(), "smoothing constant");
  }
  if (optimizer->kind() != OptimizerSpec::SGD) {
    if (!optimizer->has_epsilon()) optimizer->set_epsilon(1e-8);
    CheckAtLeastZero(field + ".epsilon", optimizer->epsilon(), "epsilon");
  }
  if (!optimizer->has_weight_decay()) {
    optimizer->set_weight_decay(optimizer->kind() == OptimizerSpec::ADAMW ? 0.01 : 0);
  }
  CheckAtLeastZero(field + ".weight_decay", optimizer->weight_decay(), "weight decay");
  CheckAtLeastZero(field + ".l1", optimizer->l1(), "strength of L1");
  CheckAtLeastZero(field + ".momentum", optimizer->momentum(), "momentum");
  if (adam && optimizer->momentum() != 0)
    RefuseField(kTrainField + field + ".momentum", "momentum is for SGD and RMSPROP");
  if (optimizer->nesterov() && (optimizer->kind() != OptimizerSpec::SGD || optimizer->momentum() == 0)) {
    RefuseField(kTrainField + field + ".nesterov", "Nesterov's momentum is for SGD with momentum");
  }
}

void ResolveLearningRate(const OptimizerSpec& optimizer, LearningRateSpec* rate) {
  const std::string field = ".learning_rate";
  if (!rate->has_rate()) rate->set_rate(optimizer.kind() == OptimizerSpec::SGD ? 1e-2 : 1e-3);
  CheckPositive(field + ".rate", rate->rate(), "learning rate");
  CheckKnown(field + ".schedule", LearningRateSpec::Schedule_IsValid(rate->schedule()), rate->schedule());
  if (rate->schedule() == LearningRateSpec::SCHEDULE_UNSPECIFIED) rate->set_schedule(LearningRateSpec::CONSTANT);
  if (rate->schedule() == LearningRateSpec::STEP) {
    if (!rate->has_step_epochs()) rate->set_step_epochs(30);
    if (!rate->has_gamma()) rate->set_gamma(0.1);
    CheckRange(field + ".step_epochs", rate->step_epochs(), 1, kMostEpochs, "number of epochs");
    CheckPositive(field + ".gamma", rate->gamma(), "factor");
  }
  CheckAtLeastZero(field + ".minimum", rate->minimum(), "learning rate");
  CheckRange<int64_t>(field + ".warmup_steps", rate->warmup_steps(), 0, kMostSteps, "number of steps");
  if (rate->warmup_steps() > 0 && rate->schedule() == LearningRateSpec::ONE_CYCLE) {
    RefuseField(kTrainField + field + ".warmup_steps", "ONE_CYCLE has a warm-up of its own: leave this out");
  }
}

/// `measured`: which metrics are is known.
void ResolveLength(bool measured, TrainSpec* spec) {
  if (!spec->has_batch_size()) spec->set_batch_size(64);
  CheckRange(".batch_size", spec->batch_size(), 1, kMostBatch, "batch size");
  if (!spec->has_shuffle()) spec->set_shuffle(true);
  if (spec->has_epochs() && spec->has_steps())
    RefuseField(kTrainField + ".steps", "the length is given in epochs or in steps, not both");
  if (!spec->has_epochs() && !spec->has_steps()) spec->set_epochs(10);
  if (spec->has_epochs()) CheckRange(".epochs", spec->epochs(), 1, kMostEpochs, "number of epochs");
  if (spec->has_steps()) CheckRange<int64_t>(".steps", spec->steps(), 1, kMostSteps, "number of steps");
  const auto& stop = spec->stop();
  if (stop.has_patience()) CheckRange(".stop.patience", stop.patience(), 1, kMostEpochs, "number of epochs");
  if (stop.has_accuracy()) {
    if (!(stop.accuracy() > 0 && stop.accuracy() <= 1)) {
      RefuseField(kTrainField + ".stop.accuracy",
                  fmt::format("{} is no accuracy: give a number over 0, up to 1", stop.accuracy()));
    }
    const auto& metrics = spec->metrics();
    if (measured &&
        std::all_of(metrics.begin(), metrics.end(), [](int metric) { return metric == modlab::v1::R_SQUARED; })) {
      RefuseField(kTrainField + ".stop.accuracy",
                  "no accuracy is measured: add ACCURACY or ROUNDED_ACCURACY to the metrics");
    }
  }
  if (spec->has_clip_norm()) CheckPositive(".clip_norm", spec->clip_norm(), "norm to clip gradients to");
}

void ResolvePruning(TrainSpec* spec) {
  if (!spec->has_pruning()) return;
  auto* pruning = spec->mutable_pruning();
  const std::string field = ".pruning";
  if (!(pruning->sparsity() > 0 && pruning->sparsity() < 1)) {
    RefuseField(
        kTrainField + field + ".sparsity",
        fmt::format("{} is no share of weights to prune: give a number over 0 and under 1", pruning->sparsity()));
  }
  if (!spec->has_epochs() && !pruning->has_last_epoch()) {
    RefuseField(kTrainField + field + ".last_epoch",
                "where the length is given in steps, say in which epoch pruning ends");
  }
  if (!pruning->has_first_epoch()) pruning->set_first_epoch(0);
  if (!pruning->has_last_epoch()) pruning->set_last_epoch(std::max(1, spec->epochs() * 3 / 4));
  CheckRange(field + ".first_epoch", pruning->first_epoch(), 0, kMostEpochs, "epoch");
  CheckRange(field + ".last_epoch", pruning->last_epoch(), pruning->first_epoch(), kMostEpochs, "epoch to end in");
  if (!pruning->has_every_steps()) pruning->set_every_steps(100);
  CheckRange(field + ".every_steps", pruning->every_steps(), 1, 1 << 30, "number of steps");
}

// --- Parameters

std::vector<std::string> ParameterNames(const modlab::v1::Model& model) {
  std::vector<std::string> names;
  for (const auto& tensor : model.inspection().tensors()) {
    if (tensor.parameter()) names.push_back(tensor.name());
  }
  return names;
}

void ResolveFreezeMode(const TrainInputs& inputs, TrainSpec* spec) {
  CheckKnown(".freeze_mode", TrainSpec::FreezeMode_IsValid(spec->freeze_mode()), spec->freeze_mode());
  if (spec->freeze_mode() == TrainSpec::FREEZE_MODE_UNSPECIFIED) spec->set_freeze_mode(TrainSpec::FREEZE_NONE);
  if (spec->freeze_mode() == TrainSpec::FREEZE_NONE) return;
  CheckComposed(kTrainField + ".freeze_mode", inputs.model, "nothing can be frozen by mode");
}

void CheckParameters(const TrainInputs& inputs, const TrainSpec& spec) {
  const std::vector<std::string> names = ParameterNames(inputs.model);
  if (inputs.model.state() != modlab::v1::Model::READY) return;  // the worker will tell
  if (names.empty()) {
    throw RequestError(modlab::v1::MODEL_UNUSABLE,
                       fmt::format("{} has no parameters, so there is nothing to train: it was frozen "
                                   "(torch.jit.freeze), perhaps; push it as it was before",
                                   inputs.model.name()),
                       kTrainField + ".model");
  }
  if (spec.freeze_size() > kMostFreezePatterns) {
    RefuseField(kTrainField + ".freeze",
                fmt::format("{} patterns were given: give at most {}", spec.freeze_size(), kMostFreezePatterns));
  }
  for (int i = 0; i < spec.freeze_size(); ++i) {
    const std::string& pattern = spec.freeze(i);
    const bool any = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
    });
    if (!any) {
      RefuseField(kTrainField + fmt::format(".freeze[{}]", i),
                  fmt::format("no parameter of {} is called `{}`; near to it are {}", inputs.model.name(),
                              ToUtf8(pattern, 128), NearNames(pattern, names)));
    }
  }
  for (int i = 0; i < spec.masks_size(); ++i) {
    const GradientMask& mask = spec.masks(i);
    const std::string field = fmt::format(".masks[{}]", i);
    const auto& tensors = inputs.model.inspection().tensors();
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) {
      return tensor.parameter() && tensor.name() == mask.parameter();
    });
    if (found == tensors.end()) {
      RefuseField(kTrainField + field + ".parameter",
                  fmt::format("no parameter of {} is called `{}`; near to it are {}", inputs.model.name(),
                              ToUtf8(mask.parameter(), 128), NearNames(mask.parameter(), names)));
    }
    const auto wanted = static_cast<size_t>((found->elements() + 7) / 8);
    if (mask.trained().size() != wanted) {
      RefuseField(kTrainField + field + ".trained",
                  fmt::format("{} has {} entries, which take {} bytes, and the mask has {}", mask.parameter(),
                              found->elements(), wanted, mask.trained().size()));
    }
    const auto bits_of_last = static_cast<int64_t>(found->elements()) % 8;
    if (bits_of_last != 0 && static_cast<uint8_t>(mask.trained().back()) >> bits_of_last != 0) {
      RefuseField(kTrainField + field + ".trained",
                  fmt::format("{} has {} entries, so the last byte of its mask has {} bits, and higher ones are not 0: "
                              "leave them 0",
                              mask.parameter(), found->elements(), bits_of_last));
    }
  }
}

// --- What is measured and written on the way

void ResolveRegularizer(TrainSpec* spec) {
  auto* regularizer = spec->mutable_regularizer();
  const std::string field = ".regularizer";
  CheckAtLeastZero(field + ".strength", regularizer->strength(), "strength");
  if (!regularizer->has_every_steps()) regularizer->set_every_steps(20);
  CheckRange(field + ".every_steps", regularizer->every_steps(), 1, 1 << 30, "number of steps");
  if (!regularizer->has_eigenvalues()) regularizer->set_eigenvalues(3);
  CheckRange(field + ".eigenvalues", regularizer->eigenvalues(), 1, 100, "number of eigenvalues");
  if (!regularizer->rescale_units()) return;
  if (regularizer->strength() == 0)
    RefuseField(kTrainField + field + ".rescale_units", "there is no regulariser: give its strength, too");
  if (!spec->freeze().empty() || !spec->masks().empty() || spec->freeze_mode() != TrainSpec::FREEZE_NONE) {
    RefuseField(kTrainField + field + ".rescale_units",
                "rescaling changes all weights, and some are to stay as they are (`freeze`, "
                "`masks`, `freeze_mode`): leave out one of the two");
  }
}

void ResolveInitialization(TrainSpec* spec) {
  if (!spec->has_initialization()) return;
  auto* initialization = spec->mutable_initialization();
  const std::string field = ".initialization";
  CheckRange(field + ".clusters", initialization->clusters(), 2, 1000, "number of clusters");
  if (!initialization->has_outside()) initialization->set_outside(0.5);
  if (!(initialization->outside() >= 0 && initialization->outside() <= 1)) {
    RefuseField(kTrainField + field + ".outside",
                fmt::format("{} is no factor of weights between clusters: give a number from 0 to 1",
                            initialization->outside()));
  }
}

/// Whether the server has such a device is for the worker to tell.
void ResolveDevice(TrainSpec* spec) {
  if (spec->device().empty()) spec->set_device("auto");
  const std::string& device = spec->device();
  const bool is_numbered = device.size() > 5 && device.size() < 8 && device.starts_with("cuda:") &&
                           device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (device == "auto" || device == "cpu" || device == "cuda" || is_numbered) return;
  RefuseField(kTrainField + ".device",
              fmt::format("`{}` is no device: give `auto`, `cpu`, `cuda` or `cuda:1`", ToUtf8(device, 32)));
}

void ResolveModularity(const TrainInputs& inputs, TrainSpec* spec) {
  auto* modularity = spec->mutable_modularity();
  const std::string field = ".modularity";
  CheckRange(field + ".every_epochs", modularity->every_epochs(), 0, kMostEpochs, "number of epochs");
  if (!modularity->has_restarts()) modularity->set_restarts(5);
  CheckRange(field + ".restarts", modularity->restarts(), 1, kMostRestarts, "number of restarts");
  CheckRange(field + ".null_models", modularity->null_models(), 0, kMostNullModels, "number of null models");
  ResolveGraphOptions(modlab::v1::PRESET_UNSPECIFIED, kTrainField + field, modularity->mutable_graph());
  const bool reads_graph = modularity->every_epochs() > 0 || spec->regularizer().strength() > 0;
  if (reads_graph && inputs.model.inspection().has_graph_error()) {
    throw RequestError(
        modlab::v1::MODEL_UNUSABLE,
        fmt::format("{} cannot be read as a graph, so its modularity cannot be measured as it learns: {}",
                    inputs.model.name(), inputs.model.inspection().graph_error().message()),
        kTrainField + field);
  }
}

void ResolveCheckpoint(TrainSpec* spec) {
  auto* checkpoint = spec->mutable_checkpoint();
  if (!checkpoint->has_every()) *checkpoint->mutable_every() = TimeUtil::SecondsToDuration(60);
  if (!IsDuration(checkpoint->every()) || TimeUtil::DurationToMilliseconds(checkpoint->every()) < 1) {
    RefuseField(kTrainField + ".checkpoint.every",
                fmt::format("{} is no time between checkpoints: give over 0s, as 60s",
                            TimeUtil::ToString(checkpoint->every())));
  }
  CheckRange(".checkpoint.every_epochs", checkpoint->every_epochs(), 0, kMostEpochs, "number of epochs");
}

}  // namespace

void ResolveTrain(const TrainInputs& inputs, TrainSpec* spec) {
  if (spec->input_shapes().empty()) *spec->mutable_input_shapes() = inputs.model.inspection().input_shapes();
  CheckInputShapes(spec->input_shapes(), kTrainField + ".input_shapes");
  ResolveTask(inputs, spec);
  CheckEvaluationData(inputs, *spec);
  CheckInputFits(inputs, *spec);
  ResolveGoals(inputs, spec);
  ResolveSchedule(spec);
  const bool asks_for_metrics = !spec->metrics().empty();
  ResolveLoss(inputs, spec);
  CheckGoals(inputs, *spec);
  ResolveOptimizer(spec->mutable_optimizer());
  ResolveLearningRate(spec->optimizer(), spec->mutable_learning_rate());
  // Which are the default depends on the model's outputs.
  ResolveLength(asks_for_metrics || inputs.model.state() == modlab::v1::Model::READY, spec);
  ResolvePruning(spec);
  ResolveFreezeMode(inputs, spec);
  CheckParameters(inputs, *spec);
  ResolveDevice(spec);
  ResolveInitialization(spec);
  ResolveRegularizer(spec);
  ResolveModularity(inputs, spec);
  ResolveCheckpoint(spec);
  CheckDisplayName(spec->display_name(), kTrainField + ".display_name");
  if (spec->display_name().empty()) {
    constexpr size_t longest = 190;
    spec->set_display_name(ToUtf8(inputs.model.display_name(), longest) + " trained");
  }
}

}  // namespace modlab::server
