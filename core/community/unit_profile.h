#pragma once

#include <vector>

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// How one unit's weights lie in a partition.
struct UnitProfile {
  /// All of its weights to other units that have a cluster.
  double degree = 0;
  /// Those to units of its own cluster.
  double within = 0;
  /// 1 - sum over clusters c of (k_ic / k_i)^2, k_ic its weight to units of c ([Guimera & Amaral 2005]): 0 where all go
  /// to one cluster, at most 1 - 1 / clusters. 0 for units without edges.
  double participation = 0;
};

/// Per unit. Self-loops are left out. Reads every weight once for either of its units, in parallel.
std::vector<UnitProfile> ProfileUnits(const UnitGraph& graph, const Labelling& labelling, RunContext& context);

}  // namespace modlab
