#pragma once

#include <cstdint>
#include <string>

#include "modlab/v1/experiment.pb.h"

namespace modlab::client {

/// How large the study of the engineered modular baseline is, and how long it trains.
struct BaselineSize {
  int image_units = 0;   ///< Of one image.
  int hidden_units = 0;  ///< Of the classifier.
  int classifier_epochs = 0;
  int adder_epochs = 0;
  int composed_epochs = 0;  ///< Of the bridge, and of what else is free.
  int whole_epochs = 0;     ///< Of the whole-task networks.
  int warmup_epochs = 0;    ///< Before the first switch of goals.
  int period_epochs = 0;    ///< From one switch to the next.
  int pairs_at_once = 0;    ///< Batch size of all that learns from pairs of digits.
  int leiden_restarts = 0;  ///< 0: the default for the size.
};

/// 8 x 8 digits: a minute and a half on two cores.
BaselineSize SmallBaseline();
/// MNIST, with the widths and the schedule of the study that this goes back to (definitions.md, sections 11 and 12).
BaselineSize SeedBaseline();
/// All numbers of epochs times a factor, at least 1, but those of the parts: what is composed must have learned its
/// task. Whole-task networks learn long enough for two switches of goals, whatever the factor.
BaselineSize ScaledEpochs(BaselineSize size, double factor);

/// The data sets that it works on, `datasets/{id}`.
struct BaselineData {
  std::string digits;
  std::string test_digits;    ///< Empty: a fifth of the digits, the same in every training.
  std::string one_hot_pairs;  ///< Of ten classes.
};

/// The study: a digit classifier F, which answers with one of ten units (sigmoid), and an adder G, each trained by
/// itself; H, two F side by side, a bridge, and G, trained with all but the bridge frozen, and with cross connections
/// free besides; networks of H's shape trained on sums of pairs of digits, on that goal alone, on goals that take
/// turns, and on goals that vary at random; all of these scored. With `seeds` repetitions.
v1::ExperimentSpec BaselineExperiment(const BaselineSize& size, const BaselineData& data, int seeds);

}  // namespace modlab::client
