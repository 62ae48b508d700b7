#pragma once

#include <vector>

#include "core/community/level.h"
#include "core/community/moving_clusters.h"
#include "core/community/objective.h"
#include "core/graph/labelling.h"
#include "core/random.h"
#include "core/run_context.h"

namespace modlab {

/// One restart's work on one level of the Leiden algorithm ([Leiden], algorithm A.2). All of what it is given must
/// outlive it.
class LevelSearch {
 public:
  LevelSearch(const Level& level, const ExpectedWeights& expected, Random& random, const RunContext& context)
      : level_(level), expected_(expected), random_(random), context_(context) {}

  /// Moves nodes to the clusters where they gain most, until none gains any more. Labels are 0 ... clusters - 1, or -1
  /// for nodes that have no edges; so they are afterwards.
  void MoveNodes(Labelling& labelling);

  /// Cuts every cluster into parts that are well connected within it: nodes join other ones of their cluster, each at
  /// most once, where they gain by it. Parts' labels are 0 ... .
  Labelling Refine(const Labelling& labelling);

 private:
  double LeastGain(int node) const;
  bool AreFew(int clusters) const;
  void MoveByQueue(Labelling& labelling);
  void MoveBySweeps(Labelling& labelling);
  std::vector<int> MoveOnce(const std::vector<int>& queue, std::vector<char>& waits, std::vector<int>& labels,
                            MovingClusters& moving);

  const Level& level_;
  const ExpectedWeights& expected_;
  Random& random_;
  const RunContext& context_;
  ClusterWeights weights_;
  /// Of each node, to the other ones of its cluster; empty where it is not known.
  std::vector<double> within_;
};

}  // namespace modlab
