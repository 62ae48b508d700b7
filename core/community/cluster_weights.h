#pragma once

#include <cstddef>
#include <vector>

namespace modlab {

/// Sums of weights from the nodes of a batch to clusters. Remembers which clusters have any, so that looking through
/// them and starting anew take no longer than the summing did. The same order of additions gives the same order of
/// clusters.
class ClusterWeights {
 public:
  /// All sums 0, for so many nodes and clusters.
  void Reset(int nodes, int clusters) {
    for (size_t node = 0; node < touched_.size(); ++node) {
      double* const sums = sums_.data() + node * static_cast<size_t>(clusters_);
      for (const int cluster : touched_[node]) sums[cluster] = 0;
      touched_[node].clear();
    }
    clusters_ = clusters;
    touched_.resize(nodes);
    const size_t size = static_cast<size_t>(nodes) * static_cast<size_t>(clusters);
    if (sums_.size() < size) sums_.resize(size, 0.0);
  }

  void Add(int node, int cluster, double weight) {
    double& sum = sums_[static_cast<size_t>(node) * static_cast<size_t>(clusters_) + static_cast<size_t>(cluster)];
    if (sum == 0 && weight != 0) touched_[node].push_back(cluster);
    sum += weight;
  }

  double operator()(int node, int cluster) const {
    return sums_[static_cast<size_t>(node) * static_cast<size_t>(clusters_) + static_cast<size_t>(cluster)];
  }
  /// The clusters that a node has weights to. One is there twice if signed weights to it have added up to 0 on the way.
  const std::vector<int>& clusters_of(int node) const { return touched_[node]; }

 private:
  int clusters_ = 0;
  std::vector<double> sums_;  ///< [node][cluster]
  std::vector<std::vector<int>> touched_;
};

}  // namespace modlab
