#include "client/plots/force_directed_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "client/plots/figure.h"
#include "client/plots/force_layout.h"
#include "client/plots/number_text.h"
#include "client/plots/palette.h"
#include "client/plots/refusal.h"

namespace modlab::client::plots {
namespace {

constexpr double kLeastHeightOfForces = 240;
constexpr double kMostHeightOfForces = 560;
constexpr double kHeightPerRoot = 22;  // px, of the number of units
constexpr int kLeastNamed = 12;        // units that a cluster must have, and that are looked at about its middle

class ForceDirectedDrawing {
 public:
  explicit ForceDirectedDrawing(const NetworkPlot& plot);

  std::string Document();

 private:
  bool IsFirst(std::size_t unit) const { return group_of_unit_[unit] == 0; }
  bool IsLast(std::size_t unit) const { return group_of_unit_[unit] + 1 == static_cast<int>(plot_.groups.size()); }
  Mark MarkOf(std::size_t unit) const;
  void AddMarkLegend();
  void Place();
  void TurnInputsLeft(std::vector<Point>& places) const;
  void Fit(std::vector<Point>& places);
  void DrawEdges();
  void DrawUnits();
  std::optional<Point> MiddleOf(int label, const std::vector<std::size_t>& units) const;
  void DrawClusterNames();

  const NetworkPlot& plot_;
  Figure figure_;
  std::vector<int> group_of_unit_;
  std::vector<std::size_t> units_;          ///< those with edges
  std::vector<std::size_t> place_of_unit_;  ///< in units_
  std::vector<Point> places_;               ///< of units_, in px
  double radius_ = 4;
  double height_ = kLeastHeightOfForces;
};

ForceDirectedDrawing::ForceDirectedDrawing(const NetworkPlot& plot)
    : plot_(plot), figure_(plot.text), group_of_unit_(GroupsOfUnits(plot)), place_of_unit_(plot.labels.size(), 0) {
  std::vector<bool> has_edge(plot.labels.size(), false);
  for (const NetworkEdge& edge : plot.edges) {
    has_edge[static_cast<std::size_t>(edge.source)] = has_edge[static_cast<std::size_t>(edge.target)] = true;
  }
  for (std::size_t unit = 0; unit < has_edge.size(); ++unit) {
    place_of_unit_[unit] = units_.size();
    if (has_edge[unit]) units_.push_back(unit);
  }
  figure_.Subtitle(NetworkSizeText(plot));
  figure_.AddLegend(ClusterLegend(plot));
  AddMarkLegend();
  Place();
}

Mark ForceDirectedDrawing::MarkOf(std::size_t unit) const {
  const bool hollow = plot_.labels[unit] < 0;
  if (plot_.groups.size() > 1 && IsFirst(unit)) return hollow ? Mark::kHollowSquare : Mark::kSquare;
  if (plot_.groups.size() > 1 && IsLast(unit)) return hollow ? Mark::kHollowTriangle : Mark::kTriangle;
  return hollow ? Mark::kHollowDot : Mark::kDot;
}

void ForceDirectedDrawing::AddMarkLegend() {
  std::vector<LegendEntry> entries;
  if (plot_.groups.size() > 1) {
    entries.push_back({Mark::kSquare, "ml-ink", fmt::format("first layer ({})", plot_.groups.front().name)});
    if (plot_.groups.size() > 2) entries.push_back({Mark::kDot, "ml-ink", "layers between"});
    entries.push_back({Mark::kTriangle, "ml-ink", fmt::format("last layer ({})", plot_.groups.back().name)});
  }
  for (LegendEntry& entry : EdgeLegend(plot_)) entries.push_back(std::move(entry));
  figure_.AddLegend(std::move(entries));
}

void ForceDirectedDrawing::Place() {
  ForceLayoutInput input;
  input.points = static_cast<int>(units_.size());
  for (const std::size_t unit : units_) input.labels.push_back(plot_.labels[unit]);
  const double largest = LargestWeight(plot_);
  for (const NetworkEdge& edge : plot_.edges) {
    if (edge.source == edge.target) continue;
    const double weight = largest > 0 ? std::max(edge.weight / largest, 1e-3) : 1;
    input.springs.push_back({static_cast<int>(place_of_unit_[static_cast<std::size_t>(edge.source)]),
                             static_cast<int>(place_of_unit_[static_cast<std::size_t>(edge.target)]), weight});
  }
  std::vector<Point> places = ForceLayout(input);
  TurnInputsLeft(places);
  Fit(places);
}

/// The widest direction becomes the horizontal one, as figures are wider than high; then mirrored, so that what is read
/// first is on the left.
void ForceDirectedDrawing::TurnInputsLeft(std::vector<Point>& places) const {
  const auto count = static_cast<double>(places.size());
  Point middle;
  for (const Point& place : places) middle = {middle.x + place.x / count, middle.y + place.y / count};
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (Point& place : places) {
    place = {place.x - middle.x, place.y - middle.y};
    xx += place.x * place.x;
    xy += place.x * place.y;
    yy += place.y * place.y;
  }
  const double angle = std::atan2(2 * xy, xx - yy) / 2;
  double lean = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Point place = places[i];
    places[i] = {place.x * std::cos(angle) + place.y * std::sin(angle),
                 place.y * std::cos(angle) - place.x * std::sin(angle)};
    lean += places[i].x * (IsLast(units_[i]) ? 1 : IsFirst(units_[i]) ? -1 : 0);
  }
  if (lean >= 0) return;
  for (Point& place : places) place.x = -place.x;
}

void ForceDirectedDrawing::Fit(std::vector<Point>& places) {
  const double width = figure_.right() - figure_.left();
  const auto count = static_cast<double>(places.size());
  radius_ = std::clamp(std::sqrt(width * kMostHeightOfForces * 0.045 / count), 2.0, 5.5);
  const double margin = radius_ * 1.6;
  const auto fit = [&](double most_height) {
    Point low = places.front();
    Point high = low;
    for (const Point& place : places) {
      low = {std::min(low.x, place.x), std::min(low.y, place.y)};
      high = {std::max(high.x, place.x), std::max(high.y, place.y)};
    }
    const double scale = std::min((width - 2 * margin) / std::max(high.x - low.x, 1e-9),
                                  (most_height - 2 * margin) / std::max(high.y - low.y, 1e-9));
    height_ = std::max((high.y - low.y) * scale + 2 * margin, std::min(most_height, kLeastHeightOfForces * 0.5));
    for (Point& place : places) {
      place = {(place.x - (low.x + high.x) / 2) * scale + (figure_.left() + figure_.right()) / 2,
               (place.y - (low.y + high.y) / 2) * scale + figure_.top() + height_ / 2};
    }
  };
  // Few units would be lost in much room.
  const double most_height = std::min(kMostHeightOfForces, kLeastHeightOfForces + kHeightPerRoot * std::sqrt(count));
  fit(most_height);
  PushApart(places, radius_ * 2.3);
  fit(most_height);
  places_ = std::move(places);
}

void ForceDirectedDrawing::DrawEdges() {
  const double largest = LargestWeight(plot_);
  SvgWriter& svg = figure_.drawing();
  for (const EdgeBundle& bundle : EdgeBundles(plot_)) {
    svg.Group(fmt::format("{} ml-stroke ml-edges", ClusterClass(bundle.cluster.value_or(-1))));
    for (const NetworkEdge& edge : bundle.edges) {
      const EdgeStroke stroke = StrokeOf(edge.weight, largest, plot_.edges.size());
      const Point& from = places_[place_of_unit_[static_cast<std::size_t>(edge.source)]];
      const Point& to = places_[place_of_unit_[static_cast<std::size_t>(edge.target)]];
      if (edge.source == edge.target) {
        svg.Element("circle", {{"cx", from.x},
                               {"cy", from.y - radius_},
                               {"r", radius_ * 0.9},
                               {"stroke-width", stroke.width},
                               {"stroke-opacity", stroke.opacity}});
        continue;
      }
      svg.Element("line", {{"x1", from.x},
                           {"y1", from.y},
                           {"x2", to.x},
                           {"y2", to.y},
                           {"stroke-width", stroke.width},
                           {"stroke-opacity", stroke.opacity}});
    }
    svg.EndGroup();
  }
}

void ForceDirectedDrawing::DrawUnits() {
  std::vector<int> first_unit;
  int first = 0;
  for (const NetworkGroup& group : plot_.groups) {
    first_unit.push_back(first);
    first += group.units;
  }
  for (std::size_t i = 0; i < units_.size(); ++i) {
    const std::size_t unit = units_[i];
    const auto group = static_cast<std::size_t>(group_of_unit_[unit]);
    const int label = plot_.labels[unit];
    DrawMark(figure_.drawing(), MarkOf(unit), places_[i].x, places_[i].y, radius_,
             fmt::format("ml-unit{} {}", label < 0 ? "" : " ml-rim", ClusterClass(label)),
             UnitTooltip(plot_.groups[group], static_cast<int>(unit) - first_unit[group], label));
  }
}

/// A cluster's middle, if that is where its units are.
std::optional<Point> ForceDirectedDrawing::MiddleOf(int label, const std::vector<std::size_t>& units) const {
  Point middle;
  const auto count = static_cast<double>(units.size());
  for (const std::size_t i : units) {
    middle = {middle.x + places_[i].x / count, middle.y + places_[i].y / count};
  }
  std::vector<std::pair<double, std::size_t>> nearest;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    nearest.emplace_back(std::hypot(places_[i].x - middle.x, places_[i].y - middle.y), i);
  }
  std::partial_sort(nearest.begin(), nearest.begin() + kLeastNamed, nearest.end());
  const auto own = std::count_if(nearest.begin(), nearest.begin() + kLeastNamed,
                                 [&](const auto& near) { return plot_.labels[units_[near.second]] == label; });
  return own >= kLeastNamed - 1 ? std::optional<Point>(middle) : std::nullopt;
}

/// Only where all clusters of some size lie apart: the names of a few would say more of them than is true.
void ForceDirectedDrawing::DrawClusterNames() {
  std::map<int, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < units_.size(); ++i) members[plot_.labels[units_[i]]].push_back(i);
  members.erase(-1);
  if (members.size() < 2) return;
  std::map<int, Point> middles;
  for (const auto& [label, units] : members) {
    if (units.size() < static_cast<std::size_t>(kLeastNamed)) continue;
    const std::optional<Point> middle = MiddleOf(label, units);
    if (!middle) return;
    middles[label] = *middle;
  }
  if (middles.size() < 2) return;
  for (const auto& [label, middle] : middles) {
    const std::string name = fmt::format("c{}", label);
    const double width = TextWidth(name, TextStyle::kStrong) + 6;
    figure_.drawing().Rectangle(middle.x - width / 2, middle.y - 8, width, 16, "ml-plate");
    figure_.drawing().Text({middle.x, middle.y + BaselineShift(TextStyle::kStrong), Anchor::kMiddle},
                           TextStyle::kStrong, name);
  }
}

std::string ForceDirectedDrawing::Document() {
  DrawEdges();
  DrawUnits();
  DrawClusterNames();
  figure_.Remark(EdgeSentence(plot_));
  const std::size_t left_out = plot_.labels.size() - units_.size();
  if (left_out > 0) {
    figure_.Remark(fmt::format("{} unit{} without any of them {} left out.",
                               CountText(static_cast<std::int64_t>(left_out)), left_out == 1 ? "" : "s",
                               left_out == 1 ? "is" : "are"));
  }
  const std::string description =
      fmt::format("The network's units, those that are densely joined lying together, coloured by cluster: {}. {}",
                  NetworkSizeText(plot_), EdgeSentence(plot_));
  return figure_.Document(figure_.top() + height_, description);
}

}  // namespace

std::string DrawForceDirectedNetwork(const NetworkPlot& plot) {
  RequireValid(plot);
  Require(!plot.edges.empty(), "a force-directed drawing needs edges");
  return ForceDirectedDrawing(plot).Document();
}

}  // namespace modlab::client::plots
