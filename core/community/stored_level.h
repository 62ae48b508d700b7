#pragma once

#include <cstdint>
#include <vector>

#include "core/community/level.h"

namespace modlab {

/// A level whose weights are in memory, for each node those to all its neighbours, so 16 bytes for an edge, or 24 where
/// few of them are not 0.
class StoredLevel final : public Level {
 public:
  explicit StoredLevel(int nodes);
  /// All of `matrix`, row-major [nodes][nodes], whose diagonal is 0.
  StoredLevel(int nodes, std::vector<double> matrix);

  /// Adds weights of run.node: consecutive ones as they are, or only those that are not 0 where these are few.
  void Add(const Run& run);

  /// Gives back memory that is held for more.
  void ShrinkToFit() {
    weights_.shrink_to_fit();
    others_.shrink_to_fit();
  }

  int nodes() const override { return static_cast<int>(runs_.size()); }
  const std::vector<Batch>& batches() const override { return batches_; }  ///< Each a node.
  void ForEachRun(const Batch& batch, const char* wanted, const std::function<void(const Run&)>& take) const override;
  void CollectNeighbours(int batch, std::vector<char>& marked, std::vector<int>& batches) const override;
  int64_t entries() const override { return static_cast<int64_t>(weights_.size()); }

 private:
  struct StoredRun {
    int first = 0;
    int count = 0;
    size_t weights = 0;  ///< Index of the first one.
    size_t others = 0;   ///< Index of the first one, or kConsecutive.
  };
  static constexpr size_t kConsecutive = static_cast<size_t>(-1);

  Run ToRun(int node, const StoredRun& stored) const;

  std::vector<Batch> batches_;
  std::vector<std::vector<StoredRun>> runs_;  ///< Of each node.
  std::vector<double> weights_;
  std::vector<int> others_;
};

}  // namespace modlab
