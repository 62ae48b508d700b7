#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modlab::client {

/// A small plot for a terminal: `values` from left to right, in `width` columns and `height` lines of block characters,
/// with the largest and the least value at the left and the last one behind the title. `logarithmic`: where all values
/// are over 0. Empty without values.
std::string SeriesPlot(std::string_view title, const std::vector<double>& values, int width, int height,
                       bool logarithmic);

}  // namespace modlab::client
