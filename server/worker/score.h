#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>

#include "core/run_context.h"
#include "modlab/v1/job.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/event_sink.h"

namespace modlab::server {

/// Graphs of more units have their labels in an artifact.
inline constexpr int kMaxInlineLabels = 50'000;

/// Reads the model as a graph, finds the partitions asked for and measures them. Fills `spec.input_shapes` in as used;
/// appends the names of the files that it makes to `artifacts`. Throws as core does.
v1::ScoreResult Score(v1::ScoreSpec& spec, uint32_t seed, const AttemptDirectory& directory, EventSink& events,
                      RunContext& context, google::protobuf::RepeatedPtrField<std::string>& artifacts);

}  // namespace modlab::server
