#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/output/grid.h"

namespace modlab::client {

/// What one column of a list of resources shows.
template <typename Item>
struct Column {
  enum class Shown {
    kAlways,
    kWide,
    /// Where one of the items has something in it, or the list is wide.
    kWhereSet,
  };

  std::string heading;
  std::function<std::string(const Item&)> text;
  Shown shown = Shown::kAlways;
  Grid::Align align = Grid::Align::kLeft;
};

/// A heading and a line for each of the items.
template <typename Item, typename Items>
std::string ColumnsText(const std::vector<Column<Item>>& columns, const Items& items, const TextStyle& style) {
  using Shown = typename Column<Item>::Shown;
  const auto is_shown = [&](const Column<Item>& column) {
    if (style.wide || column.shown == Shown::kAlways) return true;
    if (column.shown == Shown::kWide) return false;
    for (const Item& item : items) {
      if (!column.text(item).empty()) return true;
    }
    return false;
  };
  std::vector<Column<Item>> shown;
  std::vector<Grid::Align> alignments;
  std::vector<std::string> headings;
  for (const Column<Item>& column : columns) {
    if (!is_shown(column)) continue;
    shown.push_back(column);
    alignments.push_back(column.align);
    headings.push_back(column.heading);
  }
  Grid grid(std::move(alignments));
  grid.Add(std::move(headings));
  for (const Item& item : items) {
    std::vector<std::string> row;
    row.reserve(shown.size());
    for (const Column<Item>& column : shown) row.push_back(column.text(item));
    grid.Add(std::move(row));
  }
  return grid.Text(style);
}

}  // namespace modlab::client
