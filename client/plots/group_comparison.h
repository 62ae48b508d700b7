#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

struct MeanInterval {
  double least = 0;
  double most = 0;
};

/// What a group has of one measure.
struct MeasuredValues {
  /// One for each seed; none where it was not measured.
  std::vector<double> values;
  double mean = 0;
  /// Of the mean; nothing for fewer than two values.
  std::optional<MeanInterval> interval;
};

/// A network or a method.
struct ComparedGroup {
  std::string name;
  /// For each of the plot's measures.
  std::vector<MeasuredValues> measures;
};

struct GroupComparisonPlot {
  FigureText text;
  /// What was measured, a column of its own each: `Q`, `z`; one to six.
  std::vector<std::string> measures;
  /// Rows, from top to bottom; at least one.
  std::vector<ComparedGroup> groups;
  /// Of the intervals, over 0 and under 1.
  double confidence = 0.95;
};

/// Each group's single values as dots, and their mean with its interval (by Student's t distribution) where there is
/// one, beside a line at 0: an SVG document. Throws std::invalid_argument that names what is wrong.
std::string DrawGroupComparison(const GroupComparisonPlot& plot);

}  // namespace modlab::client::plots
