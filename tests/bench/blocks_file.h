#pragma once

#include <string>

#include "core/graph/unit_graph.h"

namespace modlab {

/// Writes the graph for peers, so that they cluster the same one. For each block five int64: first target unit, first
/// source unit, number of targets, of sources, and bytes of a value (4 or 8); then |weight| [target][source] as float32
/// or float64, all in the machine's byte order. Zeros are no edges, blocks between the same units add up, and the
/// adjacency is U + U^T. Throws std::runtime_error.
void WriteBlocks(const UnitGraph& graph, const std::string& path);

}  // namespace modlab
