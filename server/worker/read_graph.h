#pragma once

#include "core/graph/model_reader.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "modlab/v1/graph.pb.h"
#include "server/worker/event_sink.h"
#include "server/worker/mapping.h"

namespace modlab::server {

/// Reads a model as a unit graph, fills empty `input_shapes` in with those that were derived, and logs the graph's
/// warnings. Throws as Model::Read does.
UnitGraph ReadGraph(Model& model, const v1::GraphOptions& options, InputShapes& input_shapes, EventSink& events,
                    RunContext& context);

}  // namespace modlab::server
