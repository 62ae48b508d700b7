#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/community/cluster_weights.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// Some nodes that are looked at together, [first, last): none of them has weights to another one of them.
struct Batch {
  int first = 0;
  int last = 0;
  int size() const { return last - first; }
};

/// Weights A_ij from a node i to `count` others: to first, first + 1, ..., or to those listed. For the signed
/// modularity some are negative.
struct Run {
  int node = 0;
  int first = 0;
  const int* others = nullptr;  ///< Null: consecutive ones.
  int count = 0;
  const double* weights = nullptr;  ///< Of the node to itself: 0.

  int other(int index) const { return others != nullptr ? others[index] : first + index; }
};

/// The weights between the nodes of one level of the Leiden algorithm. Immutable; safe to read from many threads.
class Level {
 public:
  virtual ~Level() = default;
  virtual int nodes() const = 0;
  virtual const std::vector<Batch>& batches() const = 0;
  /// Calls take(run) with all weights of those of a batch's nodes i for which wanted[i - first] is not 0 (null: of
  /// all). The batch may also be a part of one of `batches`. Weights that are 0 may be among them.
  virtual void ForEachRun(const Batch& batch, const char* wanted,
                          const std::function<void(const Run&)>& take) const = 0;
  /// Appends the batches that may have weights to a batch, and that are not marked yet, and marks them.
  virtual void CollectNeighbours(int batch, std::vector<char>& marked, std::vector<int>& batches) const = 0;
  /// Number of weights, 0 or not, of all nodes.
  virtual int64_t entries() const = 0;
};

/// Nodes are the graph's units, weights are read where they lie: for the signed modularity those of its kSigned part.
/// The graph must outlive it.
std::unique_ptr<Level> MakeUnitLevel(const UnitGraph& graph);

/// A copy of a level that is faster to read, of those with up to 8 million weights; others as they are.
std::unique_ptr<Level> CopySmall(std::unique_ptr<Level> level, const RunContext& context);

/// Sums of A_ij of every node i of a batch by the cluster labels[j], 0 ... clusters - 1, of every j that has one (>=
/// 0).
void SumByCluster(const Level& level, const Batch& batch, const std::vector<int>& labels, int clusters,
                  ClusterWeights& sums);

}  // namespace modlab
