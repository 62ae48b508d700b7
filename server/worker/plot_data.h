#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "modlab/v1/score.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/partition_finder.h"

namespace modlab::server {

/// Writes what pictures of the graph and of its partitions need as artifacts, and says so in `result`, whose partitions
/// are those found, in the same order. Throws std::system_error.
void StorePlotData(const UnitGraph& graph, const std::vector<FoundPartition>& found, const v1::PlotDataSpec& spec,
                   const AttemptDirectory& directory, RunContext& context, v1::ScoreResult& result,
                   google::protobuf::RepeatedPtrField<std::string>& artifacts);

}  // namespace modlab::server
