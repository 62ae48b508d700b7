#pragma once

#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

/// A network or a method, with a value for each of its seeds.
struct ComparedGroup {
  std::string name;
  /// For each measure its values; none where it was not measured.
  std::vector<std::vector<double>> values;
};

struct GroupComparisonPlot {
  FigureText text;
  /// What was measured, a column of its own each: `Q`, `z`; one to six.
  std::vector<std::string> measures;
  /// Rows, from top to bottom; at least one.
  std::vector<ComparedGroup> groups;
};

/// Each group's single values as dots, and their mean with its 95% interval by Student's t distribution where there are
/// two or more, beside a line at 0: an SVG document. Throws std::invalid_argument that names what is wrong.
std::string DrawGroupComparison(const GroupComparisonPlot& plot);

}  // namespace modlab::client::plots
