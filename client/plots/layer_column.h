#pragma once

#include <vector>

namespace modlab::client::plots {

/// Units of one layer and one cluster, next to each other.
struct ColumnSegment {
  int label = 0;
  int units = 0;
  double top = 0;
  double bottom = 0;
};

/// A layer's column in the layered drawing: where its units are, in px from the middle of the column's height.
struct LayerColumn {
  bool as_bars = false;
  double dot_radius = 0;   ///< of dots
  double half_width = 0;   ///< of bars
  double edge_offset = 0;  ///< from the column's middle: where edges end
  std::vector<ColumnSegment> segments;
  std::vector<double> unit_y;  ///< by the unit's index within its layer
};

/// What a column may take.
struct ColumnRoom {
  double height = 0;          ///< px
  double bar_half_width = 0;  ///< px
  double most_radius = 5;     ///< of a dot, px
  int most_dots = 0;          ///< a layer of more units is drawn as bars
};

/// `labels`: of the layer's units, in order; not empty.
LayerColumn PlacedColumn(const std::vector<int>& labels, const ColumnRoom& room);

}  // namespace modlab::client::plots
