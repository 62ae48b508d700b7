#pragma once

#include <cstdint>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "modlab/v1/score.pb.h"
#include "server/worker/partition_finder.h"

namespace modlab::server {

/// Leiden over the resolutions of `spec.sweep`, beside `found`, which is what is reported and takes part in the sweep.
/// Says so in `partition.sweep`, and in a note where the sweep has found a better one at the reported one's own
/// resolution. `with_labels`: the plateaus' labels too. Phase reported: `sweep`.
void Sweep(const UnitGraph& graph, const v1::LeidenSpec& spec, const FoundPartition& found, uint32_t seed,
           bool with_labels, RunContext& context, v1::Partition& partition);

}  // namespace modlab::server
