#include "client/output/grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/output/text.h"

namespace modlab::client {

std::string Grid::Text(const TextStyle& style) const {
  std::vector<int> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row.at(i)));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string padding(static_cast<std::size_t>(widths[i] - DisplayWidth(row[i])), ' ');
      line += "  ";
      line += columns_[i] == Align::kLeft ? row[i] + padding : padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += (&row == rows_.data() ? Bold(line, style) : line) + '\n';
  }
  return text;
}

std::string Bold(std::string_view text, const TextStyle& style) {
  return style.color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

}  // namespace modlab::client
