#pragma once

#include <vector>

#include "core/community/level.h"
#include "core/run_context.h"

namespace modlab {

/// The sums of weights from every node to every cluster, kept up to date while nodes move: with them the look for a
/// node's best cluster takes no reading of its weights. [clusters][nodes] doubles.
class NodeClusterWeights {
 public:
  /// Reads every weight of the level. Labels are 0 ... clusters - 1, or -1.
  NodeClusterWeights(const Level& level, const std::vector<int>& labels, int clusters, const RunContext& context);

  double operator()(int node, int cluster) const { return sums_[cluster * nodes_ + static_cast<size_t>(node)]; }
  /// Takes weights of run.node from a cluster to another.
  void Move(const Run& run, int from, int to);

 private:
  double* of(int cluster) { return sums_.data() + cluster * nodes_; }

  size_t nodes_;
  std::vector<double> sums_;
};

}  // namespace modlab
