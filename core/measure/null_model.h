#pragma once

#include "core/graph/unit_graph.h"
#include "core/random.h"
#include "core/run_context.h"

namespace modlab {

/// What is left of a graph in its null (definitions.md, section 8).
enum class NullModel {
  /// Each block's entries are permuted among those that a weight can occupy, pruned zeros included. Signs go with them:
  /// a kernel's positive and negative norms stay together.
  kLayer,
  /// The entries other than zero are permuted among their places, with their signs.
  kLayerNonzero,
  /// As kLayerNonzero, then rows and columns are scaled in turn (Sinkhorn & Knopp 1967) until every unit has its
  /// strength in the block again, to 1e-9 of it. Signs stay where they are, and so do the shares of the positive and of
  /// the negative norm in a kernel's.
  kDegree,
};

/// A sample of a null model of the graph: the same groups and blocks with weights of their own (float where the graph's
/// are float). The same state of `random` gives the same sample. O(entries), for kDegree times the number of scalings.
/// Checks for cancellation. Errors: kNotConverged (kDegree).
UnitGraph DrawNull(const UnitGraph& graph, NullModel model, Random& random, const RunContext& context);

}  // namespace modlab
