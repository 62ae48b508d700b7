#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/dataset/dataset.h"
#include "core/graph/model_reader.h"
#include "core/run_context.h"
#include "core/train/training_options.h"
#include "core/train/training_record.h"

namespace modlab {

/// Where a training writes and whom it tells.
struct TrainingHooks {
  /// An epoch has ended; called once for each in one run, epoch 0 first.
  std::function<void(const EpochRecord&)> epoch = [](const EpochRecord&) {};
  /// How far it is: 0 to 1, and in words. About ten times a second at most.
  std::function<void(double fraction, const std::string& detail)> progress = [](double, const std::string&) {};
  /// Where its state is written; empty: nowhere.
  std::filesystem::path checkpoint;
  /// The state from which it goes on; empty, or absent: from the beginning.
  std::filesystem::path resume_from;
};

/// Trains `model` in place on a goal that may change (definitions.md, section 12). `evaluation` may be null: then
/// losses are evaluated on the part of `data` that `options.validation_fraction` keeps back, if any.
///
/// The same model, data, options and number of threads give the same tensors and records, bit for bit, on one kind of
/// CPU, also when the training was broken off and went on from a checkpoint in another process. A context that is
/// cancelled ends it after the step under way: `stopped_by` is `cancelled` then, what has been learned is kept, and
/// what was being evaluated or measured is left out.
///
/// Sets the number of threads of LibTorch and of OpenBLAS to the context's for its duration, and the process's random
/// generator; only one training at a time in a process. Memory: gradients, the optimiser's state, a batch's
/// activations, one batch, and the series. Phases reported: none, see TrainingHooks.
///
/// Errors: kNothingToTrain, kInvalidOption (options out of range, patterns and masks of parameters that there are not),
/// kDataInvalid, kShapesMismatch, kGoalInvalid, kModelForwardFailed, kLossNotFinite (with `epoch`, `step` and `goal`;
/// the model is of no use then, but RestoreModel can make it what it was at the last checkpoint); those of Model::Read,
/// where modularity or the regulariser is asked for; std::system_error where a checkpoint cannot be written.
TrainingResult Train(Model& model, const Dataset& data, const Dataset* evaluation, const TrainingOptions& options,
                     const TrainingHooks& hooks, RunContext& context);

/// Gives a model the parameters and buffers of a checkpoint. Errors: kDataInvalid (damaged, or another model's).
void RestoreModel(Model& model, const std::filesystem::path& checkpoint);

/// Writes a model as an archive in evaluation mode. The same tensors give the same bytes. Throws std::system_error.
void SaveModel(Model& model, const std::string& path);

}  // namespace modlab
