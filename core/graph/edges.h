#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// A non-zero entry of a block.
struct Edge {
  int block = 0;   ///< Index into the graph's blocks.
  int source = 0;  ///< Unit numbers in the graph.
  int target = 0;
  double weight = 0;
};

/// Calls `visit` for every edge, block by block, in an order that depends on the graph only. Checks for cancellation,
/// and reports the phase `export`.
void ForEachEdge(const UnitGraph& graph, RunContext& context, const std::function<void(const Edge&)>& visit);

/// The `count` heaviest edges, the heaviest first; of equally heavy ones, those that ForEachEdge visits first. Reads
/// every weight once; needs memory for `count` edges.
std::vector<Edge> HeaviestEdges(const UnitGraph& graph, int64_t count, RunContext& context);

/// The threshold (UnitGraph::RaiseThreshold) that leaves a graph its `top` >= 1 heaviest edges, and those as heavy as
/// the lightest of these; 0 where it has no more. Reads every weight once; needs memory for `top` numbers.
double ThresholdOfHeaviest(const UnitGraph& graph, int64_t top, RunContext& context);

}  // namespace modlab
