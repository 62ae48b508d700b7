#pragma once

#include <cstdint>
#include <vector>

#include "core/community/objective.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

struct LeidenOptions {
  Objective objective = Objective::kNewman;
  /// gamma, over 0: the larger, the more and the smaller clusters.
  double resolution = 1;
  /// How often to start anew, at least 1; the best modularity wins, the earliest of equal ones.
  int restarts = 5;
  /// Of each restart, how often to go through all levels from the clusters of the time before, while that helps.
  int max_iterations = 10;
  uint32_t seed = 0;
};

struct LeidenClustering {
  /// Per unit; 0 ... clusters - 1 numbered in order of first appearance, -1 for units of degree 0.
  std::vector<int> labels;
  int clusters = 0;
  /// What was maximised.
  double modularity = 0;
};

/// Looks for the partition of largest modularity by the Leiden algorithm ([Leiden]: Traag, Waltman & van Eck 2019;
/// definitions.md, section 7): local moves, refinement within clusters, aggregation, until nothing changes. Clusters
/// are connected. Works on the graph's blocks, for graphs of up to 4 million edges on one copy of them, and on what is
/// left after an aggregation as a matrix of up to 64 MB, in lists where few weights are left, else on the blocks again.
/// Deterministic given the seed, whatever the number of threads; restarts run in parallel. While there are many
/// clusters a local move of all units reads every weight once for either of its units; then it takes O(units *
/// clusters), and a unit that moves reads its own weights. Every second restart begins with random clusters.
///
/// For the signed modularity weights are w+ - w- and what is expected has a part of either sign. Units may gain then by
/// being together without an edge: clusters need not be connected, and where there are no more than 4096 each of them
/// is looked at for every unit.
/// Errors: kNoEdges, kInvalidOption. Phase reported: `leiden`.
LeidenClustering Leiden(const UnitGraph& graph, const LeidenOptions& options, RunContext& context);

}  // namespace modlab
