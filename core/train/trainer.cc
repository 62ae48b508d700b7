#include "core/train/trainer.h"

#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/graph/loaded_module.h"
#include "core/train/batches.h"
#include "core/train/checkpoint.h"
#include "core/train/compute_device.h"
#include "core/train/compute_threads.h"
#include "core/train/dense_layers.h"
#include "core/train/goal.h"
#include "core/train/goal_evaluation.h"
#include "core/train/goal_schedule.h"
#include "core/train/initial_weights.h"
#include "core/train/loss.h"
#include "core/train/masks.h"
#include "core/train/modularity_series.h"
#include "core/train/regularizer.h"
#include "core/train/switch_analysis.h"
#include "core/train/task.h"
#include "core/train/tensor_state.h"
#include "core/train/trainable_model.h"

namespace modlab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kCancelled = "cancelled";

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }
double SecondsSince(Clock::time_point start) { return Seconds(Clock::now() - start); }

/// The samples that losses are evaluated on, if there are any.
struct EvaluationData {
  const Dataset* data = nullptr;
  std::vector<int64_t> rows;
};

std::vector<int64_t> AllRows(const Dataset& data) {
  std::vector<int64_t> rows(static_cast<size_t>(data.Find("x")->rows()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

class Training {
 public:
  Training(Model& model, const Dataset& data, const Dataset* evaluation, const TrainingOptions& options,
           const TrainingHooks& hooks, RunContext& context)
      : model_(model),
        options_(options),
        hooks_(hooks),
        context_(context),
        device_(ResolveDevice(options.device)),
        trainable_(model, options.freeze, device_),
        threads_(context.threads(), trainable_.uses_openmp()),
        split_(evaluation == nullptr
                   ? SplitRows(data.Find("x")->rows(), options.validation_fraction, options.split_seed, options.pairing)
                   : Split{AllRows(data), AllRows(*evaluation)}),
        task_(data, options.pairing, split_.training),
        batches_(task_, options),
        loss_(options.loss),
        sums_(options.metrics),
        masks_(trainable_.parameters(), options),
        optimizer_(options.optimizer, SizesOf(trainable_.parameters())),
        modularity_(options.modularity, options.seed),
        regularizer_(options.regularizer, options.modularity.graph),
        reading_(context.threads(), [this](std::string_view, std::optional<double>) {
          if (context_.cancelled()) reading_.Cancel();
        }) {
    trainable_.FixStatistics(options.fixed_statistics);
    if (!split_.evaluation.empty()) {
      evaluation_task_ =
          std::make_unique<Task>(evaluation == nullptr ? data : *evaluation, options.pairing, split_.evaluation);
      evaluation_batches_ = std::make_unique<Batches>(*evaluation_task_, options);
    }
    steps_per_epoch_ = (task_.samples() + options.batch_size - 1) / options.batch_size;
    total_steps_ = options.epochs > 0 ? options.epochs * steps_per_epoch_ : options.steps;
    rate_schedule_ = options.rate_schedule;
    rate_schedule_.step_size *= steps_per_epoch_;
    CheckLearningRateSchedule(rate_schedule_, options.learning_rate, total_steps_);
    phases_ = MakeGoalPhases(options.schedule, steps_per_epoch_, total_steps_, options.seed);
    std::vector<std::string> parameters;
    for (const auto& [name, value] : phases_.front().parameters) parameters.push_back(name);
    for (const std::string& text : options.goals) goals_.emplace_back(text, task_.tensor_names(), parameters);
    SeedGenerators(options.seed, device_);
    if (options.regularizer.strength > 0 && options.regularizer.rescale_units) {
      rescaled_ = FindDenseLayers(ModuleOf(model));
      if (!rescaled_ || !RequireGradients(*rescaled_)) {
        throw Error(ErrorKind::kInvalidOption,
                    "units can be rescaled where fully connected layers follow each other, nothing else is between "
                    "them but activations, and all of their parameters are trained; this model is another one: leave "
                    "out the rescaling");
      }
    }
    state_.best_loss = std::numeric_limits<double>::max();
  }

  TrainingResult Run() {
    Resume();
    if (state_.step == 0 && state_.series.empty()) {
      if (options_.initialization) MakeClusterable(*options_.initialization, trainable_.parameters(), masks_);
      trainable_.ParametersChanged();
      BeginSeries();
    }
    last_checkpoint_ = Clock::now();
    while (state_.step < total_steps_ && stopped_by_.empty()) RunEpoch();
    return Finish();
  }

 private:
  static std::vector<int64_t> SizesOf(const std::vector<TrainableModel::Parameter>& parameters) {
    std::vector<int64_t> sizes;
    sizes.reserve(parameters.size());
    for (const auto& parameter : parameters) sizes.push_back(parameter.tensor.numel());
    return sizes;
  }

  const GoalPhase& PhaseAt(int64_t step) const {
    const auto after = std::upper_bound(phases_.begin(), phases_.end(), step,
                                        [](int64_t value, const GoalPhase& phase) { return value < phase.first_step; });
    return *std::prev(after);
  }

  GoalInForce InForce(int64_t step) const {
    const GoalPhase& phase = PhaseAt(step);
    return {phase.goal_index, phase.parameters};
  }

  std::string Describe(const GoalInForce& goal) const {
    std::string text = "`" + options_.goals[static_cast<size_t>(goal.goal)] + "`";
    char number[32];
    for (const auto& [name, value] : goal.parameters) {
      std::snprintf(number, sizeof(number), "%.4g", value);
      text += " " + name + "=" + number;
    }
    return text;
  }

  at::Tensor GoalOf(const Batch& batch, const GoalInForce& goal) const {
    const torch::NoGradGuard no_gradients;
    at::Tensor value = Evaluate(goals_[static_cast<size_t>(goal.goal)], batch.tensors, goal.parameters);
    if (value.dim() == 0 || value.size(0) != batch.samples) {
      const std::string& text = options_.goals[static_cast<size_t>(goal.goal)];
      throw Error(ErrorKind::kGoalInvalid,
                  "the goal `" + text + "` gives one value, not one for each of the samples: it must depend on them",
                  {{"expression", text}});
    }
    return value;
  }

  void BeginSeries() {
    EpochRecord record;
    record.goal = InForce(0);
    record.learning_rate = LearningRateAt(rate_schedule_, options_.learning_rate, 0, total_steps_);
    EvaluateInto(record);
    Record(std::move(record), options_.modularity.every_epochs > 0);
  }

  void RunEpoch() {
    const std::vector<int64_t> order = task_.Order(options_.shuffle, options_.seed, state_.epoch);
    trainable_.Train();
    while (state_.position < steps_per_epoch_ && state_.step < total_steps_) {
      Step(order);
      if (context_.cancelled()) {
        stopped_by_ = kCancelled;
        SaveCheckpoint();
        break;
      }
      if (SecondsSince(last_checkpoint_) >= options_.checkpoint_seconds) SaveCheckpoint();
    }
    if (state_.position == steps_per_epoch_ || state_.step == total_steps_) EndEpoch();
  }

  void Step(const std::vector<int64_t>& order) {
    const Clock::time_point start = Clock::now();
    const GoalPhase& phase = PhaseAt(state_.step);
    if (phase.first_step == state_.step && state_.step > 0) {
      sums_ = PerformanceSums(options_.metrics);
      if (!options_.keep_optimizer) optimizer_.Reset();
    }
    if (rescaled_ && RegularizesNow()) {
      BalanceUnits(*rescaled_);
      trainable_.ParametersChanged();
    }
    const int64_t first = state_.position * options_.batch_size;
    const Batch& batch = batches_.Make(order, first, std::min(options_.batch_size, task_.samples() - first));
    const GoalInForce goal = {phase.goal_index, phase.parameters};
    const at::Tensor goal_values = GoalOf(batch, goal);
    const Clock::time_point gathered = Clock::now();
    const at::Tensor output = trainable_.Forward(batch.input);
    const at::Tensor target = loss_.Prepare(output, goal_values);
    const at::Tensor loss = loss_.Compute(output, target);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) ThrowNotFinite("the loss", goal);
    const Clock::time_point forward = Clock::now();
    trainable_.Backward(loss);
    Regularize();
    const Clock::time_point backward = Clock::now();
    Update();
    step_seconds_.batch += Seconds(gathered - start);
    step_seconds_.forward += Seconds(forward - gathered);
    step_seconds_.backward += Seconds(backward - forward);
    step_seconds_.update += Seconds(Clock::now() - backward);
    sums_.Add(value, output, target, loss_.is_of_classes());
    ++state_.step;
    ++state_.position;
    state_.seconds += SecondsSince(start);
    TellProgress([&] { return StepText(value); });
  }

  bool RegularizesNow() const {
    return options_.regularizer.strength > 0 && state_.step % options_.regularizer.every_steps == 0;
  }

  void Regularize() {
    if (!RegularizesNow()) return;
    const RegularizerOptions& regularizer = options_.regularizer;
    trainable_.Evaluate();
    const double strength = regularizer.strength * static_cast<double>(regularizer.every_steps);
    try {
      state_.clusterability = regularizer_.AddGradient(model_, trainable_.parameters(), strength, reading_);
    } catch (const Cancelled&) {
      cut_short_ = true;
    }
    trainable_.Train();
    if (state_.step == 0 && !regularizer_.left_out().empty()) {
      state_.warnings.push_back(
          "the regulariser leaves out " + regularizer_.left_out().front() +
          ", whose weights between units are made of its parameters in a way that has no gradient here");
    }
  }

  void Update() {
    const auto& parameters = trainable_.parameters();
    updates_.resize(parameters.size());
    double squared_norm = 0;
    for (size_t i = 0; i < parameters.size(); ++i) {
      at::Tensor gradient = parameters[i].tensor.grad();
      if (gradient.defined() && !gradient.is_contiguous()) {
        gradient = gradient.contiguous();
        parameters[i].tensor.mutable_grad() = gradient;
      }
      updates_[i].values = parameters[i].tensor.data_ptr<float>();
      updates_[i].gradient = gradient.defined() ? gradient.data_ptr<float>() : nullptr;
      updates_[i].mask = masks_.of(i);
      if (options_.clip_norm && gradient.defined()) {
        squared_norm += SquaredNorm(updates_[i].gradient, gradient.numel(), updates_[i].mask);
      }
    }
    // torch.nn.utils.clip_grad_norm_ adds the same to the norm.
    const double scale =
        options_.clip_norm ? std::min(1.0, *options_.clip_norm / (std::sqrt(squared_norm) + 1e-6)) : 1.0;
    const double rate = LearningRateAt(rate_schedule_, options_.learning_rate, state_.step, total_steps_);
    optimizer_.Step(rate, scale, updates_);
    // Undefined, the next step hands its gradients over instead of adding them up.
    for (const auto& parameter : parameters) parameter.tensor.mutable_grad() = at::Tensor();
    if (masks_.Prune(state_.step + 1, steps_per_epoch_)) regularizer_.WeightsRemoved();
    trainable_.ParametersChanged();
  }

  void EndEpoch() {
    EpochRecord record;
    record.epoch = state_.epoch + 1;
    record.step = state_.step;
    record.goal = InForce(state_.step - 1);
    record.learning_rate = LearningRateAt(rate_schedule_, options_.learning_rate, state_.step - 1, total_steps_);
    record.training = sums_.Result();
    record.clusterability = state_.clusterability;
    record.sparsity = masks_.sparsity();
    sums_ = PerformanceSums(options_.metrics);
    ++state_.epoch;
    state_.position = 0;
    EvaluateInto(record);
    const bool last = state_.step == total_steps_;
    const int64_t every = options_.modularity.every_epochs;
    CheckStop(record);
    Record(std::move(record), every > 0 && (state_.epoch % every == 0 || last || !stopped_by_.empty()));
    const bool due = options_.checkpoint_epochs > 0 && state_.epoch % options_.checkpoint_epochs == 0;
    if (due || !stopped_by_.empty()) SaveCheckpoint();
  }

  void EvaluateInto(EpochRecord& record) {
    if (!evaluation_task_) return;
    record.evaluation = EvaluateGoal(*evaluation_task_, *evaluation_batches_, record.goal);
    if (!record.evaluation) CutShort();
  }

  /// Nothing where it was cancelled.
  std::optional<Performance> EvaluateGoal(const Task& task, Batches& batches, const GoalInForce& goal) {
    const torch::NoGradGuard no_gradients;
    trainable_.Evaluate();
    PerformanceSums sums(options_.metrics);
    const std::vector<int64_t> order = task.Order(false, 0, 0);
    for (int64_t first = 0; first < task.samples() && !context_.cancelled(); first += options_.batch_size) {
      TellProgress(
          [&] { return "evaluated " + std::to_string(first) + " of " + std::to_string(task.samples()) + " samples"; });
      const Batch& batch = batches.Make(order, first, std::min(options_.batch_size, task.samples() - first));
      const at::Tensor output = trainable_.Forward(batch.input);
      const at::Tensor target = loss_.Prepare(output, GoalOf(batch, goal));
      sums.Add(LossWithoutGradients(output, target), output, target, loss_.is_of_classes());
    }
    trainable_.Train();
    if (context_.cancelled()) return std::nullopt;
    return sums.Result();
  }

  double LossWithoutGradients(const at::Tensor& output, const at::Tensor& target) const {
    // An expression is checked for its dependence on the output.
    const torch::AutoGradMode gradients(true);
    return loss_.Compute(output.detach().requires_grad_(), target).item<double>();
  }

  void Record(EpochRecord record, bool with_modularity) {
    if (with_modularity && context_.cancelled()) {
      CutShort();
    } else if (with_modularity) {
      trainable_.Evaluate();
      try {
        record.modularity = modularity_.Measure(model_, reading_);
      } catch (const Cancelled&) {
        CutShort();
      }
      trainable_.Train();
    }
    hooks_.epoch(record);
    state_.series.push_back(std::move(record));
  }

  void CutShort() {
    cut_short_ = true;
    stopped_by_ = kCancelled;
  }

  void CheckStop(const EpochRecord& record) {
    if (cut_short_ || (state_.step <= phases_.back().first_step && phases_.size() > 1)) return;
    const Performance& performance = record.evaluation ? *record.evaluation : *record.training;
    if (performance.loss < state_.best_loss) {
      state_.best_loss = performance.loss;
      state_.best_epoch = state_.epoch;
    }
    const StopCondition& stop = options_.stop;
    if (stop.loss && performance.loss <= *stop.loss) stopped_by_ = "loss";
    if (stop.patience && state_.epoch - state_.best_epoch >= *stop.patience) stopped_by_ = "patience";
    if (!stop.accuracy) return;
    for (size_t i = 0; i < options_.metrics.size(); ++i) {
      if (options_.metrics[i] == Metric::kRSquared) continue;
      if (performance.metrics[i] >= *stop.accuracy) stopped_by_ = "accuracy";
      return;
    }
  }

  template <typename Text>
  void TellProgress(const Text& text) {
    const Clock::time_point now = Clock::now();
    if (now - last_progress_ < std::chrono::milliseconds(100)) return;
    last_progress_ = now;
    hooks_.progress(static_cast<double>(state_.step) / static_cast<double>(total_steps_), text());
  }

  std::string StepText(double loss) const {
    const double per_second = static_cast<double>(state_.step) / std::max(state_.seconds, 1e-9);
    const double left = static_cast<double>(total_steps_ - state_.step) / per_second;
    const int64_t epochs = (total_steps_ + steps_per_epoch_ - 1) / steps_per_epoch_;
    char text[160];
    std::snprintf(text, sizeof(text), "epoch %lld of %lld, step %lld, loss %.4g, %.0f samples/s, %.0f s left",
                  static_cast<long long>(state_.epoch + 1), static_cast<long long>(epochs),
                  static_cast<long long>(state_.step), loss,
                  per_second * static_cast<double>(std::min(options_.batch_size, task_.samples())), left);
    return text;
  }

  [[noreturn]] void ThrowNotFinite(const std::string& what, const GoalInForce& goal) {
    const int64_t step = state_.step;
    const int64_t epoch = state_.epoch + 1;
    throw Error(ErrorKind::kLossNotFinite,
                what + " became NaN or infinite at step " + std::to_string(step + 1) + ", in epoch " +
                    std::to_string(epoch) + ", with the goal " + Describe(goal) +
                    ": try a lower learning rate, or --clip-norm 1",
                {{"step", std::to_string(step + 1)}, {"epoch", std::to_string(epoch)}, {"goal", Describe(goal)}});
  }

  void SaveCheckpoint() {
    last_checkpoint_ = Clock::now();
    if (hooks_.checkpoint.empty() || cut_short_) return;
    for (const auto& parameter : trainable_.parameters()) {
      if (!IsFinite(parameter.tensor)) ThrowNotFinite("the parameter " + parameter.name, InForce(state_.step - 1));
    }
    state_.sums = sums_.state();
    state_.stopped_by = stopped_by_ == kCancelled ? "" : stopped_by_;
    state_.modularity_records = modularity_.records();
    state_.tensors = ViewsOf(trainable_.tensors(), kModelPrefix);
    AppendOptimizer(optimizer_, state_.tensors);
    masks_.AppendTo(state_.tensors);
    AppendGenerators(device_, state_.tensors);
    state_.tensors.push_back(
        {"partitions", MakeArray<int32_t>({static_cast<int64_t>(modularity_.labels().size())},
                                          {modularity_.labels().begin(), modularity_.labels().end()})});
    state_.tensors.push_back({"clusterability_subspace",
                              MakeArray<float>({static_cast<int64_t>(regularizer_.subspace().size())},
                                               {regularizer_.subspace().begin(), regularizer_.subspace().end()})});
    WriteCheckpoint(hooks_.checkpoint, state_);
    state_.tensors.clear();
  }

  void Resume() {
    if (hooks_.resume_from.empty() || !std::filesystem::exists(hooks_.resume_from)) return;
    state_ = ReadCheckpoint(hooks_.resume_from);
    CopyInto(state_.tensors, kModelPrefix, trainable_.tensors());
    RestoreOptimizer(state_.tensors, optimizer_);
    masks_.Restore(state_.tensors);
    trainable_.TensorsChanged();
    RestoreGenerators(state_.tensors, device_);
    const auto labels = RequireArray(state_.tensors, "partitions").Values<int32_t>();
    const auto subspace = RequireArray(state_.tensors, "clusterability_subspace").Values<float>();
    regularizer_.set_subspace({subspace.begin(), subspace.end()});
    modularity_.Restore({labels.begin(), labels.end()}, state_.modularity_records);
    if (!state_.sums.empty()) sums_.set_state(state_.sums);
    state_.tensors.clear();
    stopped_by_ = state_.stopped_by;
  }

  TrainingResult Finish() {
    TrainingResult result;
    result.epochs = state_.epoch;
    result.steps = state_.step;
    result.device = device_.str();
    result.stopped_by = stopped_by_.empty() ? "all epochs" : stopped_by_;
    result.switches = AnalyseSwitches(phases_, steps_per_epoch_, state_.series);
    std::vector<GoalInForce> goals;
    for (size_t i = 0; i < goals_.size(); ++i) goals.push_back({static_cast<int>(i), phases_.front().parameters});
    const GoalInForce last = InForce(std::max<int64_t>(state_.step - 1, 0));
    if (last.parameters != phases_.front().parameters) goals.push_back(last);
    Batches* batches = evaluation_task_ ? evaluation_batches_.get() : &batches_;
    for (const GoalInForce& goal : goals) {
      const auto performance = EvaluateGoal(evaluation_task_ ? *evaluation_task_ : task_, *batches, goal);
      if (performance) result.evaluations.push_back({goal, *performance});
    }
    result.samples_per_second = static_cast<double>(state_.step * std::min(options_.batch_size, task_.samples())) /
                                std::max(state_.seconds, 1e-9);
    result.step_seconds = step_seconds_;
    result.series = std::move(state_.series);
    result.warnings = std::move(state_.warnings);
    result.partitions = modularity_.labels();
    result.partition_records = modularity_.records();
    trainable_.Evaluate();
    return result;
  }

  Model& model_;
  const TrainingOptions& options_;
  const TrainingHooks& hooks_;
  RunContext& context_;
  at::Device device_;
  TrainableModel trainable_;
  ComputeThreads threads_;
  Split split_;
  Task task_;
  Batches batches_;
  std::unique_ptr<Task> evaluation_task_;
  std::unique_ptr<Batches> evaluation_batches_;
  Loss loss_;
  PerformanceSums sums_;
  Masks masks_;
  Optimizer optimizer_;
  ModularitySeries modularity_;
  Regularizer regularizer_;
  RunContext reading_;                   ///< Without progress of its own.
  std::optional<DenseLayers> rescaled_;  ///< Whose units are rescaled before the regulariser.
  std::vector<GoalPhase> phases_;
  std::vector<Goal> goals_;
  LearningRateSchedule rate_schedule_;  ///< In steps.
  int64_t steps_per_epoch_ = 0;
  int64_t total_steps_ = 0;
  TrainingState state_;
  std::vector<Optimizer::Parameter> updates_;
  std::string stopped_by_;
  /// A cancellation has left something out, so that this state is none to go on from: another attempt, where there is
  /// one, takes the checkpoint before.
  bool cut_short_ = false;
  decltype(TrainingResult::step_seconds) step_seconds_;
  Clock::time_point last_checkpoint_;
  Clock::time_point last_progress_;
};

}  // namespace

TrainingResult Train(Model& model, const Dataset& data, const Dataset* evaluation, const TrainingOptions& options,
                     const TrainingHooks& hooks, RunContext& context) {
  return Training(model, data, evaluation, options, hooks, context).Run();
}

void RestoreModel(Model& model, const std::filesystem::path& checkpoint) {
  CopyInto(ReadCheckpoint(checkpoint).tensors, kModelPrefix, TrainableModel(model, {}).tensors());
}

void SaveModel(Model& model, const std::string& path) { TrainableModel(model, {}).Save(path); }

}  // namespace modlab
