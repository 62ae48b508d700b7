#pragma once

#include "core/graph/unit_graph.h"

namespace modlab {

/// A view of a block that has a part of its weights in their place (definitions.md, section 5, `signed`): the weights'
/// own positive or negative part, or the norms of a kernel's positive or negative elements; kSigned is the first minus
/// the second. Scales are the block's, and an entry that the block does not have, for its threshold, has no parts.
/// Copies no weights, but computed norms where there is a threshold or where signed ones are asked for.
/// std::logic_error where the block is a part already.
Block PartOf(const Block& block, WeightPart part);

/// The same of all blocks; groups are the graph's.
UnitGraph PartOf(const UnitGraph& graph, WeightPart part);

}  // namespace modlab
