#include "client/experiments/baseline.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace modlab::client {
namespace {

constexpr int kDigitClasses = 10;
constexpr int kAdderUnits = 4;
constexpr const char* kSum = "y1 + y2";

/// Of the first goal in the end, so that it is the same that all networks are asked then.
int FinalEpochs(const BaselineSize& size) { return size.warmup_epochs; }

class Study {
 public:
  Study(const BaselineSize& size, const BaselineData& data) : size_(size), data_(data) {}

  v1::ExperimentSpec Describe(int seeds) {
    spec_.set_description(
        "Is a network modular that was put together from parts, and is one that has learned the whole task by itself?");
    v1::ExperimentAxis& axis = *spec_.add_axes();
    axis.set_name("seed");
    axis.set_field("seed");
    axis.set_repeats(true);
    for (int seed = 1; seed <= seeds; ++seed) axis.add_values()->set_number_value(seed);

    AddNetwork("classifier_net", "the classifier, new", {size_.image_units, size_.hidden_units, kDigitClasses})
        .set_output_activation(v1::BuildSpec::SIGMOID);
    AddClassifier();
    AddNetwork("adder_net", "the adder, new", {2 * kDigitClasses, kAdderUnits, 1});
    AddAdder();
    AddComposition();
    AddComposed("composed_frozen", "composed: all but the bridge frozen", v1::TrainSpec::FREEZE_ALL);
    AddComposed("composed_cross", "composed: bridge and cross connections free", v1::TrainSpec::FREEZE_CROSS_FREE);
    AddNetwork("whole_net", "the whole-task network, new",
               {2 * size_.image_units, 2 * size_.hidden_units, 2 * kDigitClasses, 2 * kDigitClasses, kAdderUnits, 1});
    AddWhole("whole_fixed", "whole task: one goal");
    AddAlternating("whole_mvg", "whole task: goals that take turns (MVG)");
    AddVarying("whole_rmvg", "whole task: goals that vary at random (RMVG)");
    for (const char* name : {"composed_frozen", "composed_cross"}) AddScore(name, true);
    for (const char* name : {"whole_fixed", "whole_mvg", "whole_rmvg"}) AddScore(name, false);
    return spec_;
  }

 private:
  v1::JobSpec& AddStep(const std::string& name, const std::string& title) {
    v1::ExperimentStep& step = *spec_.add_steps();
    step.set_name(name);
    step.set_title(title);
    return *step.mutable_job();
  }

  v1::BuildSpec& AddNetwork(const std::string& name, const std::string& title, std::initializer_list<int> units) {
    v1::BuildSpec& build = *AddStep(name, title).mutable_build();
    build.add_input_shape(*units.begin());
    for (const int* next = units.begin() + 1; next != units.end(); ++next) {
      build.add_layers()->mutable_linear()->set_outputs(*next);
    }
    // Not ReLU: in layers as narrow as these all units may give 0 for every input, and then nothing is learned any more
    // (of three seeds, one to three).
    build.set_activation(v1::BuildSpec::GELU);
    build.set_display_name(title);
    return build;
  }

  /// A training of a step's network, with what all have in common.
  v1::TrainSpec& AddTraining(const std::string& name, const std::string& title, const std::string& network,
                             const std::string& data, int epochs) {
    v1::TrainSpec& train = *AddStep(name, title).mutable_train();
    train.set_model("steps/" + network);
    train.set_data(data);
    train.set_epochs(epochs);
    train.set_display_name(title);
    return train;
  }

  void SetTestDigits(v1::TrainSpec& train) const {
    if (data_.test_digits.empty()) {
      train.set_validation_fraction(0.2);
    } else {
      train.set_evaluation_data(data_.test_digits);
    }
  }

  void AddClassifier() {
    v1::TrainSpec& train = AddTraining("classifier", "the classifier F of digits", "classifier_net", data_.digits,
                                       size_.classifier_epochs);
    SetTestDigits(train);
    train.add_goals("torch.one_hot(y, 10)");  // what the adder reads
    train.mutable_loss()->set_kind(v1::LossSpec::MSE);
    train.add_metrics(v1::ACCURACY);
    train.mutable_learning_rate()->set_schedule(v1::LearningRateSpec::COSINE);
    train.mutable_learning_rate()->set_rate(3e-3);
  }

  void AddAdder() {
    v1::TrainSpec& train =
        AddTraining("adder", "the adder G of two one-hot digits", "adder_net", data_.one_hot_pairs, size_.adder_epochs);
    train.add_goals(kSum);
    train.set_batch_size(20);
    train.mutable_learning_rate()->set_rate(1e-2);
    train.mutable_learning_rate()->set_schedule(v1::LearningRateSpec::COSINE);
  }

  void AddComposition() {
    v1::ComposeSpec& compose = *AddStep("composed", "two F, a bridge, and G").mutable_compose();
    compose.add_parts("steps/classifier");
    compose.add_parts("steps/classifier");
    compose.mutable_bridge();
    compose.set_head("steps/adder");
    compose.set_display_name("composed");
  }

  /// A training on sums of pairs of digits.
  v1::TrainSpec& AddPairs(const std::string& name, const std::string& title, const std::string& network, int epochs) {
    v1::TrainSpec& train = AddTraining(name, title, network, data_.digits, epochs);
    SetTestDigits(train);
    train.set_batch_size(size_.pairs_at_once);
    train.mutable_task()->set_pairing(v1::TaskSpec::CONCATENATED);
    train.mutable_loss()->set_kind(v1::LossSpec::MSE);
    train.mutable_modularity()->set_every_epochs(std::max(1, epochs / 20));
    return train;
  }

  void AddComposed(const std::string& name, const std::string& title, v1::TrainSpec::FreezeMode mode) {
    v1::TrainSpec& train = AddPairs(name, title, "composed", size_.composed_epochs);
    train.add_goals(kSum);
    train.mutable_learning_rate()->set_rate(1e-2);
    train.mutable_learning_rate()->set_schedule(v1::LearningRateSpec::COSINE);
    train.set_freeze_mode(mode);
  }

  v1::TrainSpec& AddWhole(const std::string& name, const std::string& title) {
    v1::TrainSpec& train = AddPairs(name, title, "whole_net", size_.whole_epochs);
    train.add_goals(kSum);
    train.mutable_learning_rate()->set_rate(2e-3);
    return train;
  }

  void SetSwitches(v1::TrainSpec& train) const {
    v1::GoalSchedule& schedule = *train.mutable_schedule();
    schedule.set_period_epochs(size_.period_epochs);
    schedule.set_warmup_epochs(size_.warmup_epochs);
    schedule.set_final_epochs(FinalEpochs(size_));
  }

  void AddAlternating(const std::string& name, const std::string& title) {
    v1::TrainSpec& train = AddWhole(name, title);
    train.add_goals("y1 - y2");
    SetSwitches(train);
  }

  void AddVarying(const std::string& name, const std::string& title) {
    v1::TrainSpec& train = AddWhole(name, title);
    train.set_goals(0, "a*y1 + b*y2");
    for (const char* parameter : {"a", "b"}) (*train.mutable_schedule()->mutable_vary())[parameter] = "U(0,10)";
    SetSwitches(train);
  }

  void AddScore(const std::string& network, bool planted) {
    const std::string title = std::find_if(spec_.steps().begin(), spec_.steps().end(), [&](const auto& step) {
                                return step.name() == network;
                              })->title();
    v1::ScoreSpec& score = *AddStep("score_" + network, title).mutable_score();
    score.set_model("steps/" + network);
    score.set_preset(v1::PRESET_TOUMEI);  // k = 8
    score.add_partitions()->mutable_spectral();
    v1::SpectralSpec& best = *score.add_partitions()->mutable_spectral();
    best.set_least_clusters(2);
    best.set_most_clusters(16);
    best.set_restarts(20);
    v1::LeidenSpec& leiden = *score.add_partitions()->mutable_leiden();
    if (size_.leiden_restarts > 0) leiden.set_restarts(size_.leiden_restarts);
    if (planted) score.add_partitions()->mutable_planted()->set_composition(true);
    score.mutable_nulls()->set_samples(100);
  }

  const BaselineSize& size_;
  const BaselineData& data_;
  v1::ExperimentSpec spec_;
};

}  // namespace

BaselineSize SmallBaseline() {
  BaselineSize size;
  size.image_units = 64;
  size.hidden_units = 32;
  size.classifier_epochs = 60;
  size.adder_epochs = 1500;
  size.composed_epochs = 80;
  size.whole_epochs = 200;
  size.warmup_epochs = 40;
  size.period_epochs = 10;
  size.pairs_at_once = 16;
  size.leiden_restarts = 10;
  return size;
}

BaselineSize SeedBaseline() {
  BaselineSize size;
  size.image_units = 784;
  size.hidden_units = 392;
  size.classifier_epochs = 10;
  size.adder_epochs = 1500;
  size.composed_epochs = 20;
  size.whole_epochs = 500;
  size.warmup_epochs = 100;
  size.period_epochs = 10;
  size.pairs_at_once = 64;
  return size;
}

BaselineSize ScaledEpochs(BaselineSize size, double factor) {
  for (int* epochs : {&size.composed_epochs, &size.whole_epochs, &size.warmup_epochs, &size.period_epochs}) {
    *epochs = std::max(1, static_cast<int>(std::lround(*epochs * factor)));
  }
  size.whole_epochs = std::max(size.whole_epochs, size.warmup_epochs + 2 * size.period_epochs + FinalEpochs(size));
  return size;
}

v1::ExperimentSpec BaselineExperiment(const BaselineSize& size, const BaselineData& data, int seeds) {
  return Study(size, data).Describe(seeds);
}

}  // namespace modlab::client
