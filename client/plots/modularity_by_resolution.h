#pragma once

#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

/// Resolutions over which the partition stays the same.
struct ResolutionPlateau {
  double low = 0;
  double high = 0;
  int clusters = 0;
};

struct ModularityByResolutionPlot {
  FigureText text;
  /// Over 0, ascending; at least one.
  std::vector<double> resolutions;
  /// Q for each, and the number of clusters.
  std::vector<double> modularity;
  std::vector<int> clusters;
  /// Ascending, not overlapping; may be empty.
  std::vector<ResolutionPlateau> plateaus;
};

/// Q by resolution on a logarithmic axis, the number of clusters below it, plateaus shaded: an SVG document.
/// Throws std::invalid_argument that names what is wrong.
std::string DrawModularityByResolution(const ModularityByResolutionPlot& plot);

}  // namespace modlab::client::plots
