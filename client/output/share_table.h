#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/graph.pb.h"
#include "modlab/v1/score.pb.h"

namespace modlab::client {

/// A line for every layer: its name, operation and number of units, and the percentage of them that each cluster has;
/// last the clusters' sizes. Clusters that do not fit the width follow below; of deep networks the middle layers, and
/// of very many clusters the last, are left out with a line that says so.
std::string ShareTable(const v1::UnitGraph& graph, const v1::Partition& partition, const TextStyle& style);

/// Percentage of a layer: `·` for nothing, never 0% for something or 100% for less than all.
std::string ShareText(int part, int whole);

}  // namespace modlab::client
