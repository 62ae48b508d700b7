#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/train/task.h"

namespace modlab {

/// Some samples as tensors.
struct Batch {
  at::Tensor input;                           ///< [samples]...
  std::map<std::string, at::Tensor> tensors;  ///< What goals can use, by name; integers are int64.
  int64_t samples = 0;
};

/// Makes batches of a task's samples, in memory that is used again: a batch is good until the next one is made. Not
/// thread safe. Internal to core/train: it shows LibTorch's types.
class Batches {
 public:
  /// Batches are shaped as `options.input_shape` where that has as many elements, else as the data, with one channel
  /// where that shape has one and the data have none.
  Batches(const Task& task, const TrainingOptions& options);

  /// The samples whose rows are order[first * rows_per_sample] on.
  const Batch& Make(const std::vector<int64_t>& order, int64_t first, int64_t samples);

 private:
  at::Tensor Label(const Array& labels, const std::vector<int64_t>& rows);

  const Task& task_;
  InputScaling scaling_;
  std::vector<int64_t> input_shape_;
  at::Tensor memory_;
  std::vector<std::string> feature_names_;
  Batch batch_;
};

}  // namespace modlab
