#pragma once

#include <algorithm>
#include <vector>

#include "core/community/objective.h"

namespace modlab {

/// Clusters that nodes move between: their strengths and sizes, and some empty ones for nodes that are better alone.
class MovingClusters {
 public:
  /// Labels are 0 ... clusters - 1, or -1. Clusters are numbered up to slots().
  MovingClusters(const ExpectedWeights& expected, const std::vector<int>& labels, int clusters)
      : sizes_(std::min(clusters + kSpareClusters, expected.nodes()), 0),
        strengths_(expected, labels, static_cast<int>(sizes_.size())),
        place_(sizes_.size(), -1) {
    for (const int label : labels) {
      if (label >= 0) ++sizes_[label];
    }
    for (int slot = slots(); slot-- > 0;) {
      if (sizes_[slot] == 0) free_.push_back(slot);
    }
    for (int slot = 0; slot < slots(); ++slot) {
      if (sizes_[slot] > 0) Occupy(slot);
    }
  }

  int slots() const { return static_cast<int>(sizes_.size()); }
  /// Those that are not empty, in no order.
  const std::vector<int>& occupied() const { return occupied_; }
  int size(int cluster) const { return sizes_[cluster]; }
  bool HasFree() const { return !free_.empty(); }
  int Free() const { return free_.back(); }
  double Expected(int node, int cluster) const { return strengths_.Expected(node, cluster); }

  /// Its cluster stays the node's until it is added to one, so it is not free before.
  void Remove(int node, int cluster) {
    strengths_.Remove(node, cluster);
    --sizes_[cluster];
    left_ = cluster;
  }
  void Add(int node, int cluster) {
    strengths_.Add(node, cluster);
    if (cluster != left_ && sizes_[cluster] == 0) {
      free_.pop_back();
      Occupy(cluster);
    }
    ++sizes_[cluster];
    if (cluster != left_ && sizes_[left_] == 0) {
      free_.push_back(left_);
      Vacate(left_);
    }
  }

 private:
  static constexpr int kSpareClusters = 16;

  void Occupy(int cluster) {
    place_[cluster] = static_cast<int>(occupied_.size());
    occupied_.push_back(cluster);
  }
  void Vacate(int cluster) {
    const int last = occupied_.back();
    occupied_[place_[cluster]] = last;
    place_[last] = place_[cluster];
    occupied_.pop_back();
  }

  std::vector<int> sizes_;
  ClusterStrengths strengths_;
  std::vector<int> free_;
  std::vector<int> occupied_;
  std::vector<int> place_;  ///< In `occupied_`, of those that are.
  int left_ = -1;
};

}  // namespace modlab
