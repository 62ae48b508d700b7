#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"
#include "client/plots/legend.h"

namespace modlab::client::plots {

/// A layer's units.
struct NetworkGroup {
  std::string name;
  std::string operation;  ///< `linear`, `input`; may be empty
  int units = 0;          ///< at least 1
};

/// Units are numbered through the groups, from 0.
struct NetworkEdge {
  int source = 0;
  int target = 0;
  double weight = 0;  ///< at least 0
};

/// A network and a partition of its units: what both drawings of networks take.
struct NetworkPlot {
  FigureText text;
  /// In the order of the layers; at least one.
  std::vector<NetworkGroup> groups;
  /// A cluster for each unit, from 0; −1: in none.
  std::vector<int> labels;
  /// The edges to draw: all, or the strongest of them.
  std::vector<NetworkEdge> edges;
  /// Of the whole network: at least as many as are drawn.
  std::int64_t total_edges = 0;
};

/// Throws std::invalid_argument that names what is wrong: no groups, a group without units, as many labels as there are
/// not units, a label below −1, an edge of a unit that there is not, a weight that is negative or not finite, more
/// edges than there are.
void RequireValid(const NetworkPlot& plot);

/// The largest weight; 0 without edges.
double LargestWeight(const NetworkPlot& plot);

/// The cluster that both ends of an edge are in; none if they differ or one has none.
std::optional<int> ClusterWithin(const NetworkPlot& plot, const NetworkEdge& edge);

/// A dot for each cluster, by label, with its number of units: `c0 · 20`; what is in none last.
std::vector<LegendEntry> ClusterLegend(const NetworkPlot& plot);
/// The two kinds of lines, where there are such edges.
std::vector<LegendEntry> EdgeLegend(const NetworkPlot& plot);

/// `Edges: the 2,000 strongest of 630,784, width and opacity by weight (at most 1.24).`
std::string EdgeSentence(const NetworkPlot& plot);
/// `2 layers, 106 units, 8 clusters`
std::string NetworkSizeText(const NetworkPlot& plot);

/// How wide and how opaque an edge is drawn, by its weight's share of the largest; all of them fainter where there are
/// many.
struct EdgeStroke {
  double width = 1;
  double opacity = 1;
};
EdgeStroke StrokeOf(double weight, double largest, std::size_t edges);

/// The edges in the order in which they are drawn: those between clusters first, then cluster by cluster, in each the
/// weakest first, so that the strongest lie on top.
struct EdgeBundle {
  std::optional<int> cluster;
  std::vector<NetworkEdge> edges;
};
std::vector<EdgeBundle> EdgeBundles(const NetworkPlot& plot);

/// The group of each unit.
std::vector<int> GroupsOfUnits(const NetworkPlot& plot);
/// `fc1[12], c3`: what is shown where a pointer rests on a unit.
std::string UnitTooltip(const NetworkGroup& group, int index, int label);

}  // namespace modlab::client::plots
