#pragma once

#include <string>

#include "modlab/v1/graph.pb.h"

namespace modlab::server {

/// Checks how a network is to become a graph, and fills in what is not said: as the preset has it, else the defaults.
/// `field` is the path of the message that has `preset` and `graph`. Throws RequestError FIELD_INVALID.
void ResolveGraphOptions(modlab::v1::Preset preset, const std::string& field, modlab::v1::GraphOptions* graph);

}  // namespace modlab::server
