#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

struct EigenvaluesPlot {
  FigureText text;
  /// Of the normalised Laplacian, ascending; at least one.
  std::vector<double> values;
  /// The number of eigenvalues before the gap that is marked; if not given, before the largest one.
  std::optional<int> gap_after;
  /// The number of clusters that the clustering was asked for, where that is to be seen.
  std::optional<int> clusters_used;
};

/// Eigenvalues by index, the gap marked with the number of clusters that it suggests: an SVG document.
/// Throws std::invalid_argument that names what is wrong.
std::string DrawEigenvalues(const EigenvaluesPlot& plot);

}  // namespace modlab::client::plots
