#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

struct NullHistogramPlot {
  FigureText text;
  /// What was measured: `Q`, `n-cut`.
  std::string measure = "Q";
  /// One for each null model; at least one.
  std::vector<double> nulls;
  double observed = 0;
  /// Where they are known, for the subtitle.
  std::optional<double> z;
  std::optional<double> p;
};

/// The null models' values as a histogram, their mean and standard deviation (of the sample), and the observed value,
/// on one axis: an SVG document. Bins are as wide as Freedman and Diaconis say, but there are 5 to 60 of them. Throws
/// std::invalid_argument that names what is wrong.
std::string DrawNullHistogram(const NullHistogramPlot& plot);

/// The number of bins, all of the same width, and their range.
struct HistogramBins {
  double low = 0;
  double width = 1;
  std::vector<int> counts;
};

/// Bins for values of which there is at least one. Equal ones get a single bin, `least_width` wide at least.
HistogramBins BinnedValues(std::vector<double> values, double least_width);

}  // namespace modlab::client::plots
