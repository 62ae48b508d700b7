#pragma once

#include <string>

#include "client/plots/network.h"

namespace modlab::client::plots {

/// The network layer by layer, from left to right: an SVG document.
///
/// A unit is a dot, ordered within its layer by cluster, then by index. In a layer with more units than dots can be
/// told apart, the units of one cluster are a bar whose height is their share, with their number on it; an edge then
/// ends at its unit's place in the bar. Throws std::invalid_argument as RequireValid and Figure do.
std::string DrawLayeredNetwork(const NetworkPlot& plot);

/// Layers with more units than this are drawn as bars.
inline constexpr int kMostDotsInLayer = 150;

}  // namespace modlab::client::plots
