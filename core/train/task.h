#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/dataset.h"
#include "core/train/training_options.h"

namespace modlab {

/// A data set as the samples that a network learns from: single rows, or pairs of them. Plain data; safe to read from
/// many threads.
class Task {
 public:
  /// `rows` are those of the data set that take part. Errors: kDataInvalid (an odd number of rows for pairs, no rows).
  Task(const Dataset& data, Pairing pairing, std::vector<int64_t> rows);

  const Dataset& data() const { return data_; }
  Pairing pairing() const { return pairing_; }
  /// Samples in an epoch: rows, or half as many pairs.
  int64_t samples() const { return static_cast<int64_t>(rows_.size()) / rows_per_sample(); }
  int rows_per_sample() const { return pairing_ == Pairing::kSingle ? 1 : 2; }

  /// Elements of one sample's input.
  int64_t input_elements() const;
  /// The shape of one sample's input as the data has it, without batch: a pair's features in one dimension, or as
  /// channels.
  std::vector<int64_t> input_shape() const;

  /// Names that goals can use. See GoalTensorNames.
  std::vector<std::string> tensor_names() const;

  /// Rows of the data set in the order in which epoch `epoch` looks at them; pairs are rows 2i and 2i + 1. A function
  /// of the seed and the epoch alone; without `shuffle` as they lie. O(rows).
  std::vector<int64_t> Order(bool shuffle, uint32_t seed, int64_t epoch) const;

 private:
  const Dataset& data_;
  Pairing pairing_;
  std::vector<int64_t> rows_;
};

/// Rows cut in two by a seed: the first part is learned, the second, `fraction` of them (rounded; of pairs an even
/// number), is evaluated on.
struct Split {
  std::vector<int64_t> training;
  std::vector<int64_t> evaluation;
};
Split SplitRows(int64_t rows, double fraction, uint32_t seed, Pairing pairing);

}  // namespace modlab
