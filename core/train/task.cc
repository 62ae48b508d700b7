#include "core/train/task.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "core/train/goal_names.h"

namespace modlab {
namespace {

/// Streams of random numbers, apart from each other.
constexpr uint64_t kSplitStream = 0x51;
constexpr uint64_t kOrderStream = 0x0d;

}  // namespace

Task::Task(const Dataset& data, Pairing pairing, std::vector<int64_t> rows)
    : data_(data), pairing_(pairing), rows_(std::move(rows)) {
  if (rows_.empty()) throw Error(ErrorKind::kDataInvalid, "there are no samples to train on");
  if (pairing_ != Pairing::kSingle && rows_.size() % 2 != 0) {
    throw Error(ErrorKind::kDataInvalid, "pairs need an even number of samples, and there are " +
                                             std::to_string(rows_.size()) + ": leave one out");
  }
}

int64_t Task::input_elements() const { return data_.Find("x")->row_elements() * rows_per_sample(); }

std::vector<int64_t> Task::input_shape() const {
  const std::vector<int64_t>& stored = data_.Find("x")->shape;
  std::vector<int64_t> row(stored.begin() + 1, stored.end());
  if (pairing_ == Pairing::kSingle) return row.empty() ? std::vector<int64_t>{1} : row;
  if (pairing_ == Pairing::kConcatenated) return {input_elements()};
  if (row.size() == 3) {
    row[0] *= 2;  // images that have channels
  } else {
    row.insert(row.begin(), 2);
  }
  return row;
}

std::vector<std::string> Task::tensor_names() const {
  std::vector<std::string> tensors;
  for (const NamedArray& tensor : data_.tensors) tensors.push_back(tensor.name);
  const bool vectors = data_.Find("x")->shape.size() <= 2;
  return GoalTensorNames(tensors, pairing_ != Pairing::kSingle, vectors ? input_elements() : 0);
}

std::vector<int64_t> Task::Order(bool shuffle, uint32_t seed, int64_t epoch) const {
  std::vector<int64_t> order = rows_;
  if (shuffle) {
    Random random(Random::DerivedSeed(seed, static_cast<uint64_t>(epoch)), kOrderStream);
    random.Shuffle(order);
  }
  return order;
}

Split SplitRows(int64_t rows, double fraction, uint32_t seed, Pairing pairing) {
  Split split;
  split.training.resize(static_cast<size_t>(rows));
  std::iota(split.training.begin(), split.training.end(), int64_t{0});
  int64_t evaluated = std::llround(fraction * static_cast<double>(rows));
  if (pairing != Pairing::kSingle) evaluated -= evaluated % 2;
  if (evaluated <= 0) return split;
  Random random(seed, kSplitStream);
  random.Shuffle(split.training);
  split.evaluation.assign(split.training.end() - evaluated, split.training.end());
  split.training.resize(static_cast<size_t>(rows - evaluated));
  // So that without shuffling samples are learned as they lie.
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.evaluation.begin(), split.evaluation.end());
  return split;
}

}  // namespace modlab
