#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "core/run_context.h"
#include "modlab/v1/job.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/event_sink.h"

namespace modlab::server {

/// Reads the model as a graph and writes that to a file, whose name it appends to `artifacts`. Fills
/// `spec.input_shapes` in as used. Throws as core does, and kInvalidOption where the file would be too large for what
/// people open by accident.
v1::GraphResult Export(v1::GraphSpec& spec, const AttemptDirectory& directory, EventSink& events, RunContext& context,
                       google::protobuf::RepeatedPtrField<std::string>& artifacts);

}  // namespace modlab::server
