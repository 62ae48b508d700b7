#pragma once

#include "core/graph/unit_graph.h"
#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// Fills in what a spectral clustering does not say as the preset has it for this network (definitions.md, section 10).
/// No preset: nothing.
void ResolveClustering(v1::Preset preset, const UnitGraph& graph, v1::SpectralSpec& spectral);

}  // namespace modlab::server
