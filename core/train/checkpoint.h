#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset/array.h"
#include "core/train/training_record.h"

namespace modlab {

/// A training's state between two steps: from it another process goes on as if nothing had happened, to the bit.
struct TrainingState {
  int64_t epoch = 0;     ///< Epochs done.
  int64_t position = 0;  ///< Steps done in the next one.
  int64_t step = 0;      ///< Steps done in all.
  double seconds = 0;    ///< Spent on steps.
  double best_loss = 0;  ///< For StopCondition.patience.
  int64_t best_epoch = 0;
  std::string stopped_by;    ///< Set where it has come to its end.
  std::vector<double> sums;  ///< Of the epoch under way; see PerformanceSums.
  std::vector<EpochRecord> series;
  int modularity_records = 0;
  std::optional<double> clusterability;
  std::vector<std::string> warnings;
  /// The model's parameters and buffers, the optimiser's state, masks, the random generator's state, partitions.
  std::vector<NamedArray> tensors;
};

/// Written to a temporary name, synced and renamed: a crash, or a full disk, leaves the one before whole. Throws
/// std::system_error.
void WriteCheckpoint(const std::filesystem::path& path, const TrainingState& state);

/// The arrays are views of the mapped file. Errors: kDataInvalid (damaged).
TrainingState ReadCheckpoint(const std::filesystem::path& path);

}  // namespace modlab
