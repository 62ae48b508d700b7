#pragma once

#include "core/graph/unit_graph.h"
#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// Fills in what a score does not say: what only the network decides, a preset's clustering (definitions.md, section
/// 10), how many null models are drawn (NullSpec.samples) and how often Leiden starts anew, and the resolution.
/// `edges`: how many the graph has.
void ResolveScore(const UnitGraph& graph, double edges, v1::ScoreSpec& spec);

}  // namespace modlab::server
