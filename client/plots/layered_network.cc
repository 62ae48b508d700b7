#include "client/plots/layered_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "client/plots/figure.h"
#include "client/plots/layer_column.h"
#include "client/plots/number_text.h"
#include "client/plots/palette.h"

namespace modlab::client::plots {
namespace {

constexpr double kLeastHeight = 190;
constexpr double kMostHeight = 500;
constexpr double kPitch = 17;  // what a layer of dots would like to have
constexpr double kNameGap = 10;
constexpr double kWideGap = 84;  // between layers, from which on long names are cut rather than turned
constexpr double kTurn = -45;
constexpr double kMostTurnedRoom = 108;  // for turned names, in px downwards

/// What stands under a layer.
struct LayerName {
  std::string name;
  std::string size;
};

/// The most that fits under every layer of the operation and the number of units.
std::vector<LayerName> LayerNames(const NetworkPlot& plot, double spacing) {
  const auto made = [&](int detail) {
    std::vector<LayerName> names;
    for (const NetworkGroup& group : plot.groups) {
      const std::string count = CountText(group.units);
      const std::string units = fmt::format("{} unit{}", count, group.units == 1 ? "" : "s");
      const bool says_operation = !group.operation.empty() && group.operation != group.name;
      names.push_back({group.name, detail == 0                     ? count
                                   : detail == 2 && says_operation ? fmt::format("{}, {}", group.operation, units)
                                                                   : units});
    }
    return names;
  };
  for (int detail = 2; detail > 0; --detail) {
    std::vector<LayerName> names = made(detail);
    const auto fits = [&](const LayerName& name) {
      return TextWidth(name.size, TextStyle::kTick) + kNameGap <= spacing;
    };
    if (std::all_of(names.begin(), names.end(), fits)) return names;
  }
  return made(0);
}

class LayeredDrawing {
 public:
  explicit LayeredDrawing(const NetworkPlot& plot);

  std::string Document();

 private:
  double X(std::size_t group) const {
    return columns_.size() == 1 ? (first_x_ + last_x_) / 2 : first_x_ + spacing_ * static_cast<double>(group);
  }
  double Y(int unit) const;
  void PlaceColumns();
  void DrawEdges();
  void DrawEdge(const NetworkEdge& edge, double largest);
  void DrawUnits();
  void DrawBars(std::size_t group);
  void DrawDots(std::size_t group);
  double DrawNames();
  void DrawUprightNames();
  /// How far below the columns they reach.
  double DrawTurnedNames();

  const NetworkPlot& plot_;
  Figure figure_;
  SvgWriter& svg_;
  std::vector<int> group_of_unit_;
  std::vector<int> first_unit_;
  std::vector<LayerColumn> columns_;
  std::vector<LayerName> names_;
  double first_x_ = 0;
  double last_x_ = 0;
  double spacing_ = 0;
  double height_ = 0;
  double middle_ = 0;
};

LayeredDrawing::LayeredDrawing(const NetworkPlot& plot)
    : plot_(plot), figure_(plot.text), svg_(figure_.drawing()), group_of_unit_(GroupsOfUnits(plot)) {
  int first = 0;
  int largest_dotted = 1;
  for (const NetworkGroup& group : plot.groups) {
    first_unit_.push_back(first);
    first += group.units;
    largest_dotted = group.units > kMostDotsInLayer ? kMostDotsInLayer : std::max(largest_dotted, group.units);
  }
  figure_.Subtitle(NetworkSizeText(plot));
  figure_.AddLegend(ClusterLegend(plot));
  figure_.AddLegend(EdgeLegend(plot));
  height_ = std::clamp(kPitch * (largest_dotted + 4), kLeastHeight, kMostHeight);
  middle_ = figure_.top() + height_ / 2;
  PlaceColumns();
}

void LayeredDrawing::PlaceColumns() {
  const std::size_t count = plot_.groups.size();
  const auto gaps = static_cast<double>(std::max<std::size_t>(count, 2) - 1);
  // The names under the outermost columns may be as wide as a gap, and must not be cut.
  const double width = figure_.right() - figure_.left();
  const double inset = std::clamp(width / (gaps + 1) / 2, 20.0, 80.0);
  first_x_ = figure_.left() + inset;
  last_x_ = figure_.right() - inset;
  spacing_ = (last_x_ - first_x_) / gaps;
  names_ = LayerNames(plot_, std::min(spacing_, 2 * inset));
  const ColumnRoom room = {height_, std::min(18.0, spacing_ * 0.25), std::min(5.0, spacing_ * 0.25), kMostDotsInLayer};
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = plot_.labels.begin() + first_unit_[i];
    columns_.push_back(PlacedColumn({begin, begin + plot_.groups[i].units}, room));
  }
}

double LayeredDrawing::Y(int unit) const {
  const auto group = static_cast<std::size_t>(group_of_unit_[static_cast<std::size_t>(unit)]);
  return middle_ + columns_[group].unit_y[static_cast<std::size_t>(unit - first_unit_[group])];
}

void LayeredDrawing::DrawEdges() {
  const double largest = LargestWeight(plot_);
  for (const EdgeBundle& bundle : EdgeBundles(plot_)) {
    svg_.Group(fmt::format("{} ml-stroke ml-edges", ClusterClass(bundle.cluster.value_or(-1))));
    for (const NetworkEdge& edge : bundle.edges) DrawEdge(edge, largest);
    svg_.EndGroup();
  }
}

void LayeredDrawing::DrawEdge(const NetworkEdge& edge, double largest) {
  auto from = static_cast<std::size_t>(group_of_unit_[static_cast<std::size_t>(edge.source)]);
  auto to = static_cast<std::size_t>(group_of_unit_[static_cast<std::size_t>(edge.target)]);
  double y1 = Y(edge.source);
  double y2 = Y(edge.target);
  if (from > to) {
    std::swap(from, to);
    std::swap(y1, y2);
  }
  const EdgeStroke stroke = StrokeOf(edge.weight, largest, plot_.edges.size());
  const double x1 = X(from) + columns_[from].edge_offset;
  const double x2 = X(to) - columns_[to].edge_offset;
  if (to == from + 1) {
    svg_.Element("line", {{"x1", x1},
                          {"y1", y1},
                          {"x2", x2},
                          {"y2", y2},
                          {"stroke-width", stroke.width},
                          {"stroke-opacity", stroke.opacity}});
    return;
  }
  std::string path;
  if (from == to) {
    // Within a layer: an arc beside it; of a unit with itself: a loop.
    const double spread = edge.source == edge.target ? 5 : 0;
    const double bulge = std::min({12 + std::abs(y2 - y1) * 0.4, spacing_ * 0.42, figure_.right() - x1 - 2});
    path = fmt::format("M{} {}C{} {} {} {} {} {}", Coordinate(x1), Coordinate(y1), Coordinate(x1 + bulge),
                       Coordinate(y1 - spread), Coordinate(x1 + bulge), Coordinate(y2 + spread), Coordinate(x1),
                       Coordinate(y2));
  } else {
    // Past the layers between: bent outwards, so that it does not seem to end at their units.
    const double between = (y1 + y2) / 2;
    const double bent = between + (between < middle_ ? -1 : 1) * (x2 - x1) * 0.14;
    const double y = std::clamp(bent, middle_ - height_ / 2, middle_ + height_ / 2);
    path = fmt::format("M{} {}Q{} {} {} {}", Coordinate(x1), Coordinate(y1), Coordinate((x1 + x2) / 2), Coordinate(y),
                       Coordinate(x2), Coordinate(y2));
  }
  svg_.Element("path", {{"d", path}, {"stroke-width", stroke.width}, {"stroke-opacity", stroke.opacity}});
}

void LayeredDrawing::DrawUnits() {
  for (std::size_t group = 0; group < columns_.size(); ++group) {
    if (columns_[group].as_bars) {
      DrawBars(group);
    } else {
      DrawDots(group);
    }
  }
}

void LayeredDrawing::DrawDots(std::size_t group) {
  const LayerColumn& column = columns_[group];
  for (int index = 0; index < plot_.groups[group].units; ++index) {
    const int unit = first_unit_[group] + index;
    const int label = plot_.labels[static_cast<std::size_t>(unit)];
    const double y = middle_ + column.unit_y[static_cast<std::size_t>(index)];
    const char* const rim = label < 0 ? "" : " ml-rim";
    DrawMark(svg_, label < 0 ? Mark::kHollowDot : Mark::kDot, X(group), y, column.dot_radius,
             fmt::format("ml-unit{} {}", rim, ClusterClass(label)), UnitTooltip(plot_.groups[group], index, label));
  }
}

void LayeredDrawing::DrawBars(std::size_t group) {
  const LayerColumn& column = columns_[group];
  for (const ColumnSegment& segment : column.segments) {
    const double height = segment.bottom - segment.top;
    const std::string count = CountText(segment.units);
    svg_.Rectangle(X(group) - column.half_width, middle_ + segment.top, 2 * column.half_width, height,
                   fmt::format("ml-bar ml-fill {}", ClusterClass(segment.label)),
                   fmt::format("{}: {} units, {}", plot_.groups[group].name, count,
                               segment.label < 0 ? "in no cluster" : fmt::format("c{}", segment.label)));
    const bool fits = height >= 13 && TextWidth(count, TextStyle::kTick) <= 2 * column.half_width - 2;
    if (!fits) continue;
    const std::string on = OnClusterClass(segment.label);
    svg_.Text({X(group), middle_ + (segment.top + segment.bottom) / 2 + BaselineShift(TextStyle::kTick),
               Anchor::kMiddle, 0, on},
              TextStyle::kTick, count);
  }
}

double LayeredDrawing::DrawNames() {
  const double longest = std::accumulate(names_.begin(), names_.end(), 0.0, [](double most, const LayerName& name) {
    return std::max(most, TextWidth(name.name, TextStyle::kLabel));
  });
  const double bottom = middle_ + height_ / 2;
  const bool upright = longest + kNameGap <= spacing_ || spacing_ >= kWideGap;
  if (upright) {
    DrawUprightNames();
    return bottom + 42;
  }
  return bottom + DrawTurnedNames();
}

void LayeredDrawing::DrawUprightNames() {
  const double y = middle_ + height_ / 2 + 24;
  const double room = std::min(spacing_, 2 * (first_x_ - figure_.left())) - kNameGap;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    svg_.Text({X(i), y, Anchor::kMiddle}, TextStyle::kLabel, FittedInFront(names_[i].name, TextStyle::kLabel, room));
    svg_.Text({X(i), y + 16, Anchor::kMiddle}, TextStyle::kTick, names_[i].size);
  }
}

double LayeredDrawing::DrawTurnedNames() {
  double reach = 0;
  const double y = middle_ + height_ / 2 + 18;
  const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(18 / spacing_)));
  for (std::size_t i = 0; i < names_.size(); i += every) {
    const std::string size = " · " + CountText(plot_.groups[i].units);
    // At this angle a text takes as much width to the left as height downwards.
    const double room = std::min((X(i) - 4) * 1.4, (kMostTurnedRoom - 20) * 1.4) - TextWidth(size, TextStyle::kTick);
    const std::string text = FittedInFront(names_[i].name, TextStyle::kTick, room) + size;
    svg_.Text({X(i) + 4, y, Anchor::kEnd, kTurn}, TextStyle::kTick, text);
    reach = std::max(reach, 24 + TextWidth(text, TextStyle::kTick) * 0.71);
  }
  return reach;
}

std::string LayeredDrawing::Document() {
  DrawEdges();
  DrawUnits();
  const double bottom = DrawNames();
  figure_.Remark(EdgeSentence(plot_));
  const bool has_bars = std::any_of(columns_.begin(), columns_.end(), [](const LayerColumn& c) { return c.as_bars; });
  if (has_bars) {
    figure_.Remark(
        fmt::format("Layers of more than {} units are bars, a cluster's share of the layer high.", kMostDotsInLayer));
  }
  const std::string description = fmt::format(
      "The network layer by layer, from {} on the left to {} on the right, its units coloured by cluster: {}. {}",
      plot_.groups.front().name, plot_.groups.back().name, NetworkSizeText(plot_), EdgeSentence(plot_));
  return figure_.Document(bottom, description);
}

}  // namespace

std::string DrawLayeredNetwork(const NetworkPlot& plot) {
  RequireValid(plot);
  return LayeredDrawing(plot).Document();
}

}  // namespace modlab::client::plots
