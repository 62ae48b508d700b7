#pragma once

#include <memory>
#include <vector>

#include "core/community/level.h"
#include "core/run_context.h"

namespace modlab {

/// The level whose nodes are a level's clusters. Nodes without a label (-1) have no weights. Its weights are stored as
/// a matrix where that is small (64 MB), or in lists of those that are not 0, if there are at most `most_listed`, of 12
/// bytes each; else they are summed anew from the units whenever they are read, and the level is kept.
std::shared_ptr<const Level> Aggregate(std::shared_ptr<const Level> level, const std::vector<int>& labels, int clusters,
                                       const RunContext& context, int64_t most_listed = 16 << 20);

}  // namespace modlab
