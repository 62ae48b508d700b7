#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/graph.pb.h"

namespace modlab::client {

/// A network as a graph: sizes, what is to be known of it, and its groups with the share of the weight that each is
/// written with.
std::string GraphText(const v1::UnitGraph& graph, const TextStyle& style);

}  // namespace modlab::client
