#include "client/plots/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>

#include "client/plots/number_text.h"
#include "client/plots/palette.h"
#include "client/plots/refusal.h"

namespace modlab::client::plots {
namespace {

constexpr std::size_t kMostNamed = kClusterColours.size();

std::string ClusterName(int label) { return label < 0 ? "in no cluster" : fmt::format("c{}", label); }

std::string Counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", CountText(static_cast<std::int64_t>(count)), noun, count == 1 ? "" : "s");
}

}  // namespace

void RequireValid(const NetworkPlot& plot) {
  Require(!plot.groups.empty(), "the network has no groups of units");
  std::int64_t units = 0;
  for (const NetworkGroup& group : plot.groups) {
    Require(group.units > 0, fmt::format("group '{}' has {} units", group.name, group.units));
    units += group.units;
  }
  Require(static_cast<std::int64_t>(plot.labels.size()) == units,
          fmt::format("there are {} labels for {} units", plot.labels.size(), units));
  for (std::size_t i = 0; i < plot.labels.size(); ++i) {
    Require(plot.labels[i] >= -1, fmt::format("the label of unit {} is {}", i, plot.labels[i]));
  }
  for (std::size_t i = 0; i < plot.edges.size(); ++i) {
    const NetworkEdge& edge = plot.edges[i];
    const auto is_unit = [&](int unit) { return unit >= 0 && unit < units; };
    Require(is_unit(edge.source) && is_unit(edge.target),
            fmt::format("edge {} joins {} and {}, but there are {} units", i, edge.source, edge.target, units));
    RequireDrawable(edge.weight, fmt::format("the weight of edge {}", i));
    Require(edge.weight >= 0, fmt::format("the weight of edge {} is negative", i));
  }
  Require(plot.total_edges >= static_cast<std::int64_t>(plot.edges.size()),
          fmt::format("{} edges are given, but the network has {}", plot.edges.size(), plot.total_edges));
}

double LargestWeight(const NetworkPlot& plot) {
  double largest = 0;
  for (const NetworkEdge& edge : plot.edges) largest = std::max(largest, edge.weight);
  return largest;
}

std::optional<int> ClusterWithin(const NetworkPlot& plot, const NetworkEdge& edge) {
  const int source = plot.labels[static_cast<std::size_t>(edge.source)];
  const int target = plot.labels[static_cast<std::size_t>(edge.target)];
  if (source != target || source < 0) return std::nullopt;
  return source;
}

std::vector<LegendEntry> ClusterLegend(const NetworkPlot& plot) {
  std::map<int, std::int64_t> sizes;
  for (const int label : plot.labels) ++sizes[label];
  std::vector<LegendEntry> entries;
  for (const auto& [label, size] : sizes) {
    if (label >= 0 && entries.size() > kMostNamed) continue;
    const Mark mark = label < 0 ? Mark::kHollowDot : Mark::kDot;
    entries.push_back({mark, ClusterClass(label), fmt::format("{} · {}", ClusterName(label), CountText(size))});
  }
  const std::size_t unnamed = sizes.size() - entries.size();
  if (sizes.begin()->first < 0) std::rotate(entries.begin(), entries.begin() + 1, entries.end());
  if (unnamed > 0) entries.push_back({Mark::kNone, "", fmt::format("and {}", Counted(unnamed, "more cluster"))});
  return entries;
}

std::vector<LegendEntry> EdgeLegend(const NetworkPlot& plot) {
  std::vector<LegendEntry> entries;
  for (const EdgeBundle& bundle : EdgeBundles(plot)) {
    if (bundle.cluster) {
      entries.push_back({Mark::kLine, ClusterClass(*bundle.cluster), "edge within a cluster"});
      break;
    }
    entries.push_back({Mark::kLine, ClusterClass(-1), "edge between clusters"});
  }
  return entries;
}

std::string EdgeSentence(const NetworkPlot& plot) {
  const auto shown = static_cast<std::int64_t>(plot.edges.size());
  if (plot.total_edges == 0) return "The network has no edges.";
  const std::string which = shown < plot.total_edges ? fmt::format("the {} strongest of {} edges", CountText(shown),
                                                                   CountText(plot.total_edges))
                                                     : fmt::format("all {} edges", CountText(shown));
  return fmt::format("Lines: {}; width and opacity by weight, of which the largest is {}.", which,
                     ValueText(LargestWeight(plot)));
}

std::string NetworkSizeText(const NetworkPlot& plot) {
  std::set<int> clusters(plot.labels.begin(), plot.labels.end());
  clusters.erase(-1);
  return fmt::format("{}, {}, {}", Counted(plot.groups.size(), "layer"), Counted(plot.labels.size(), "unit"),
                     Counted(clusters.size(), "cluster"));
}

EdgeStroke StrokeOf(double weight, double largest, std::size_t edges) {
  const double share = largest > 0 ? weight / largest : 0;
  const double crowd = std::clamp(std::sqrt(300.0 / static_cast<double>(std::max<std::size_t>(edges, 1))), 0.4, 1.0);
  return {(0.5 + 2.1 * share * share) * (0.5 + 0.5 * crowd),
          std::max(0.13, crowd * 0.2 + (0.9 - crowd * 0.2) * share * share)};
}

std::vector<EdgeBundle> EdgeBundles(const NetworkPlot& plot) {
  std::map<int, std::vector<NetworkEdge>> by_cluster;
  for (const NetworkEdge& edge : plot.edges) by_cluster[ClusterWithin(plot, edge).value_or(-1)].push_back(edge);
  std::vector<EdgeBundle> bundles;
  for (auto& [cluster, edges] : by_cluster) {
    std::stable_sort(edges.begin(), edges.end(),
                     [](const NetworkEdge& a, const NetworkEdge& b) { return a.weight < b.weight; });
    bundles.push_back({cluster < 0 ? std::nullopt : std::optional<int>(cluster), std::move(edges)});
  }
  return bundles;
}

std::vector<int> GroupsOfUnits(const NetworkPlot& plot) {
  std::vector<int> groups;
  groups.reserve(plot.labels.size());
  for (std::size_t i = 0; i < plot.groups.size(); ++i) {
    groups.insert(groups.end(), static_cast<std::size_t>(plot.groups[i].units), static_cast<int>(i));
  }
  return groups;
}

std::string UnitTooltip(const NetworkGroup& group, int index, int label) {
  return fmt::format("{}[{}], {}", group.name, index, ClusterName(label));
}

}  // namespace modlab::client::plots
