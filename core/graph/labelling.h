#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// A partition of a graph's units, however it was found.
struct Labelling {
  /// Per unit: 0 ... clusters - 1, or -1 for units in no cluster.
  std::vector<int> labels;
  int clusters = 0;
};

/// Numbers labels anew, 0, 1, ... in order of first appearance; those below 0 become -1. O(units + largest label), or
/// O(units log clusters) for labels that are much larger than the number of units.
Labelling InOrderOfAppearance(std::vector<int> labels);

/// A way to find a partition of a graph; the same graph and seed give the same one. Throws what its method throws.
using Clusterer = std::function<Labelling(const UnitGraph& graph, uint32_t seed, RunContext& context)>;

}  // namespace modlab
