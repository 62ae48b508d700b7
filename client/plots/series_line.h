#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/plots/axes.h"
#include "client/plots/point.h"
#include "client/plots/svg_writer.h"

namespace modlab::client::plots {

/// Values over something that grows: epochs, say.
struct Series {
  std::string name;
  std::vector<double> x;  ///< strictly ascending
  std::vector<double> y;  ///< as many
};

/// Throws std::invalid_argument, naming the series, unless it is as said, not empty, and all of it can be drawn.
void RequireValid(const Series& series);

/// The points with no more than four in each px of width: the first, the least, the largest and the last there, so that
/// the line drawn through them covers what the line through all would (Jugel et al. 2014). `points` in px, x ascending.
std::vector<Point> ThinnedPoints(const std::vector<Point>& points);

/// A line through the series, with dots where there are few. `classes`: the colour and more.
void DrawSeries(SvgWriter& svg, const Series& series, const Scale& x, const Scale& y, std::string_view classes);

}  // namespace modlab::client::plots
