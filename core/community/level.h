#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/community/cluster_weights.h"
#include "core/community/objective.h"
#include "core/graph/block_rows.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// Some nodes that are looked at together, [first, last): none of them has weights to another one of them.
struct Batch {
  int first = 0;
  int last = 0;
  int size() const { return last - first; }
};

/// The weights A_ij between the nodes of one level of the Leiden algorithm. Immutable; safe to read from many threads.
class Level {
 public:
  virtual ~Level() = default;
  virtual int nodes() const = 0;
  virtual const std::vector<Batch>& batches() const = 0;
  /// Adds A_ij to the sum of node i - first and cluster labels[j] for every node i of the batch and every j but itself
  /// that has a label (>= 0).
  virtual void AddWeights(const Batch& batch, const std::vector<int>& labels, ClusterWeights& sums) const = 0;
  /// Calls touch(batch) for batches that may have weights to a node.
  virtual void ForEachNeighbour(int batch, const std::function<void(int)>& touch) const = 0;
  /// The level whose nodes are these nodes' clusters.
  virtual std::unique_ptr<Level> Aggregated(const std::vector<int>& labels, int clusters,
                                            RunContext& context) const = 0;
};

/// The units of a graph, which must outlive it; weights are read where they lie.
std::unique_ptr<Level> MakeUnitLevel(const UnitGraph& graph);

}  // namespace modlab
