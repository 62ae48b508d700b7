#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

struct ModularityByClustersPlot {
  FigureText text;
  /// The numbers of clusters k, ascending; at least one.
  std::vector<int> clusters;
  /// Q for each.
  std::vector<double> modularity;
  /// n-cut for each, in a panel of its own; or empty.
  std::vector<double> ncut;
  /// The k that is marked; if not given, that of the highest Q.
  std::optional<int> best;
};

/// Q, and n-cut if given, by the number of clusters, the best marked: an SVG document.
/// Throws std::invalid_argument that names what is wrong.
std::string DrawModularityByClusters(const ModularityByClustersPlot& plot);

}  // namespace modlab::client::plots
