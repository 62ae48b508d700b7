#pragma once

#include <cstdint>
#include <vector>

#include "core/community/null_ensemble.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "modlab/v1/score.pb.h"
#include "server/worker/partition_finder.h"

namespace modlab::server {

/// Compares every partition with samples of the null model, and says so in `partitions` (the measures of which are
/// there already). Phase reported: `nulls`.
void TestAgainstNulls(const UnitGraph& graph, const std::vector<FoundPartition>& found, const NullSource& source,
                      const v1::ScoreSpec& spec, uint32_t seed, RunContext& context,
                      google::protobuf::RepeatedPtrField<v1::Partition>& partitions);

}  // namespace modlab::server
