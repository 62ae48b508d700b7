#pragma once

#include <cstdint>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "modlab/v1/score.pb.h"
#include "server/worker/partition_finder.h"

namespace modlab::server {

/// Finds a partition again with `runs` - 1 other seeds, and says how much they agree and what their consensus is.
/// `with_labels`: the consensus's labels too. Phases reported: `stability`, `consensus`.
void CompareSeeds(const UnitGraph& graph, const FoundPartition& found, int runs, uint32_t seed, double resolution,
                  bool with_labels, RunContext& context, v1::Stability& stability);

}  // namespace modlab::server
