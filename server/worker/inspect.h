#pragma once

#include "core/run_context.h"
#include "modlab/v1/job.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/event_sink.h"

namespace modlab::server {

/// Loads the model and describes it. A model that loads but cannot be read as a graph is described all the same, with
/// `graph_error` saying why not. Fills `spec.input_shapes` in as used. Throws Error where the model cannot be loaded or
/// memory runs out, Cancelled.
v1::Inspection Inspect(v1::InspectSpec& spec, const AttemptDirectory& directory, EventSink& events,
                       RunContext& context);

}  // namespace modlab::server
