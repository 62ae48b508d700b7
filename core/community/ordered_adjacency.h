#pragma once

#include <vector>

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// The adjacency matrix A = U + U^T with units ordered by cluster, then as the graph has them, gathered to at most
/// `cells` rows and columns: [i * size + j] is the mean of A between the i-th and the j-th of as many parts of the
/// units, as equal as can be. Units without a cluster are left out. For pictures. Reads every weight once.
struct OrderedAdjacency {
  int size = 0;
  std::vector<float> means;
};
OrderedAdjacency OrderAdjacency(const UnitGraph& graph, const Labelling& labelling, int cells, RunContext& context);

}  // namespace modlab
