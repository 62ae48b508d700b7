#include "client/plots/layer_column.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace modlab::client::plots {
namespace {

constexpr double kLargestPitch = 34;  // between two dots' middles
constexpr double kClusterGap = 0.8;   // beyond the pitch, in pitches
constexpr double kBarGap = 3;
constexpr double kNumberHeight = 14;  // the least height of a bar that has its number on it
constexpr double kLeastBar = 3;

/// The indices of a layer's units by cluster, those of no cluster last.
std::map<std::pair<bool, int>, std::vector<std::size_t>> UnitsByCluster(const std::vector<int>& labels) {
  std::map<std::pair<bool, int>, std::vector<std::size_t>> units;
  for (std::size_t i = 0; i < labels.size(); ++i) units[{labels[i] < 0, labels[i]}].push_back(i);
  return units;
}

LayerColumn ColumnOfDots(const std::vector<int>& labels, double height, double most_radius) {
  const auto clusters = UnitsByCluster(labels);
  const double pitches = static_cast<double>(labels.size()) + kClusterGap * static_cast<double>(clusters.size() - 1);
  const double pitch = std::min(kLargestPitch, height / pitches);
  LayerColumn column;
  column.dot_radius = std::min(most_radius, pitch * 0.42);
  column.unit_y.resize(labels.size());
  double y = -pitches * pitch / 2;
  for (const auto& [order, units] : clusters) {
    const double top = y;
    for (const std::size_t unit : units) {
      column.unit_y[unit] = y + pitch / 2;
      y += pitch;
    }
    column.segments.push_back({labels[units.front()], static_cast<int>(units.size()), top, y});
    y += kClusterGap * pitch;
  }
  return column;
}

/// Heights that sum up to `height`, by the clusters' shares, but none below `least`.
std::vector<double> SharedHeights(const std::vector<double>& sizes, double height, double least) {
  std::vector<double> heights(sizes.size(), 0);
  std::vector<bool> at_least(sizes.size(), false);
  for (bool changed = true; changed;) {
    changed = false;
    double left_height = height;
    double left_size = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (at_least[i]) left_height -= least;
      if (!at_least[i]) left_size += sizes[i];
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      heights[i] = at_least[i] ? least : left_height * sizes[i] / left_size;
      if (!at_least[i] && heights[i] < least) at_least[i] = changed = true;
    }
  }
  return heights;
}

LayerColumn ColumnOfBars(const std::vector<int>& labels, double height, double half_width) {
  const auto clusters = UnitsByCluster(labels);
  const auto count = static_cast<double>(clusters.size());
  const double gap = std::min(kBarGap, height * 0.2 / count);
  const double bars = height - gap * (count - 1);
  // Room for every number, unless that would leave little of the shares.
  const double least = kNumberHeight * count <= bars * 0.7 ? kNumberHeight : std::min(kLeastBar, bars / count / 2);
  std::vector<double> sizes;
  sizes.reserve(clusters.size());
  for (const auto& [order, units] : clusters) sizes.push_back(static_cast<double>(units.size()));
  const std::vector<double> heights = SharedHeights(sizes, bars, least);
  LayerColumn column;
  column.as_bars = true;
  column.half_width = half_width;
  column.edge_offset = half_width;
  column.unit_y.resize(labels.size());
  double y = -height / 2;
  std::size_t i = 0;
  for (const auto& [order, units] : clusters) {
    for (std::size_t place = 0; place < units.size(); ++place) {
      column.unit_y[units[place]] = y + heights[i] * (static_cast<double>(place) + 0.5) / sizes[i];
    }
    column.segments.push_back({labels[units.front()], static_cast<int>(units.size()), y, y + heights[i]});
    y += heights[i++] + gap;
  }
  return column;
}

}  // namespace

LayerColumn PlacedColumn(const std::vector<int>& labels, const ColumnRoom& room) {
  return static_cast<int>(labels.size()) > room.most_dots ? ColumnOfBars(labels, room.height, room.bar_half_width)
                                                          : ColumnOfDots(labels, room.height, room.most_radius);
}

}  // namespace modlab::client::plots
