#pragma once

#include <string>

#include "client/plots/network.h"

namespace modlab::client::plots {

/// The network as a cloud of units in which those that are densely joined by the edges given lie together (see
/// ForceLayout), input units towards the left: an SVG document. The shape of a unit's mark says whether it is of the
/// first, the last, or a layer between. Units without any of the edges are left out and counted in the caption.
/// Throws std::invalid_argument as RequireValid and Figure do, and without edges.
std::string DrawForceDirectedNetwork(const NetworkPlot& plot);

}  // namespace modlab::client::plots
