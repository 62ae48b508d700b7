#include "client/output/series_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr int kLevels = 8;
constexpr std::array<std::string_view, kLevels + 1> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr int kLabelWidth = 10;

/// As many values as there are columns: of more, the mean of those that share one.
std::vector<double> InColumns(const std::vector<double>& values, std::size_t columns) {
  if (values.size() <= columns) return values;
  std::vector<double> means;
  for (std::size_t column = 0; column < columns; ++column) {
    const std::size_t first = column * values.size() / columns;
    const std::size_t last = (column + 1) * values.size() / columns;
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) sum += values[i];
    means.push_back(sum / static_cast<double>(last - first));
  }
  return means;
}

}  // namespace

std::string SeriesPlot(std::string_view title, const std::vector<double>& values, int width, int height,
                       bool logarithmic) {
  if (values.empty()) return "";
  const auto columns = static_cast<std::size_t>(std::max(width - kLabelWidth - 1, 10));
  const std::vector<double> shown = InColumns(values, columns);
  const auto [least, most] = std::minmax_element(shown.begin(), shown.end());
  const bool in_logarithms = logarithmic && *least > 0;
  const auto scale = [&](double value) { return in_logarithms ? std::log(value) : value; };
  const double span = scale(*most) - scale(*least);
  std::string text = fmt::format("{} {}\n", title, NumberText(values.back()));
  for (int line = height - 1; line >= 0; --line) {
    const std::string label = line == height - 1 ? NumberText(*most) : line == 0 ? NumberText(*least) : "";
    text += fmt::format("{:>{}} ", label, kLabelWidth);
    for (const double value : shown) {
      const double share = span > 0 ? (scale(value) - scale(*least)) / span : 0.5;
      const int level = 1 + static_cast<int>(std::lround(share * (height * kLevels - 1)));
      text += kBlocks[static_cast<std::size_t>(std::clamp(level - line * kLevels, 0, kLevels))];
    }
    text += '\n';
  }
  return text;
}

}  // namespace modlab::client
