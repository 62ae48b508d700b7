#pragma once

#include <filesystem>

#include "core/graph/edges.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab::server {

// Files that other programs read a unit graph from. Written as they are made: what is in memory does not grow with the
// graph. Throw std::system_error where the file cannot be written.

/// GraphML, directed: nodes `n0`, `n1`, ... with `group` (the layer's name), `operation` and `index` (in its group);
/// edges with `weight` and `layer`.
void WriteGraphMl(const std::filesystem::path& path, const UnitGraph& graph, RunContext& context);

/// A line for each edge, comma-separated, after a header: source and target unit, each with its group and its index
/// there, weight, layer.
void WriteEdgesCsv(const std::filesystem::path& path, const UnitGraph& graph, RunContext& context);

/// A zip of NumPy's arrays: `group_names`, `group_operations`, `group_units`; by block `block_layers`,
/// `block_sources` and `block_targets` (groups), `block_source_offsets` and `block_target_offsets` (of its first units
/// in them); and for block i `block_i`: float64 [target unit][source unit].
void WriteBlocksNpz(const std::filesystem::path& path, const UnitGraph& graph, RunContext& context);

}  // namespace modlab::server
