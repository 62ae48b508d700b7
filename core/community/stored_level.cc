#include "core/community/stored_level.h"

#include <algorithm>
#include <utility>

namespace modlab {
namespace {

/// One in so many of consecutive weights has to be other than 0 for them to be kept together.
constexpr int kSparse = 4;

}  // namespace

StoredLevel::StoredLevel(int nodes) : runs_(nodes) {
  batches_.reserve(nodes);
  for (int node = 0; node < nodes; ++node) batches_.push_back({node, node + 1});
}

StoredLevel::StoredLevel(int nodes, std::vector<double> matrix) : StoredLevel(nodes) {
  weights_ = std::move(matrix);
  for (int node = 0; node < nodes; ++node) {
    runs_[node].push_back({.first = 0,
                           .count = nodes,
                           .weights = static_cast<size_t>(node) * static_cast<size_t>(nodes),
                           .others = kConsecutive});
  }
}

void StoredLevel::Add(const Run& run) {
  const auto zeros = std::count(run.weights, run.weights + run.count, 0.0);
  if (zeros == run.count) return;
  StoredRun stored = {.first = run.first, .count = run.count, .weights = weights_.size(), .others = kConsecutive};
  if (run.others == nullptr && kSparse * (run.count - zeros) > run.count) {
    weights_.insert(weights_.end(), run.weights, run.weights + run.count);
  } else {
    stored.others = others_.size();
    stored.count = run.count - static_cast<int>(zeros);
    for (int i = 0; i < run.count; ++i) {
      if (run.weights[i] == 0) continue;
      weights_.push_back(run.weights[i]);
      others_.push_back(run.other(i));
    }
  }
  runs_[run.node].push_back(stored);
}

Run StoredLevel::ToRun(int node, const StoredRun& stored) const {
  return {.node = node,
          .first = stored.first,
          .others = stored.others == kConsecutive ? nullptr : others_.data() + stored.others,
          .count = stored.count,
          .weights = weights_.data() + stored.weights};
}

void StoredLevel::ForEachRun(const Batch& batch, const char* wanted,
                             const std::function<void(const Run&)>& take) const {
  for (int node = batch.first; node < batch.last; ++node) {
    if (wanted != nullptr && wanted[node - batch.first] == 0) continue;
    for (const StoredRun& stored : runs_[node]) take(ToRun(node, stored));
  }
}

void StoredLevel::CollectNeighbours(int batch, std::vector<char>& marked, std::vector<int>& batches) const {
  for (const StoredRun& stored : runs_[batch]) {
    const Run run = ToRun(batch, stored);
    for (int i = 0; i < run.count; ++i) {
      const int other = run.other(i);
      if (marked[other] != 0) continue;
      marked[other] = 1;
      batches.push_back(other);
    }
  }
}

}  // namespace modlab
