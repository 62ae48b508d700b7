#include "client/plots/block_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "client/plots/axes.h"
#include "client/plots/figure.h"
#include "client/plots/label_spread.h"
#include "client/plots/number_text.h"
#include "client/plots/palette.h"
#include "client/plots/refusal.h"
#include "client/plots/ticks.h"

namespace modlab::client::plots {
namespace {

constexpr double kMostSide = 500;
constexpr double kBarRoom = 96;  // right of the matrix, for the colour bar
constexpr double kBarWidth = 12;
constexpr double kStrip = 5;  // a cluster's colour along the matrix
constexpr double kLeader = 12;
constexpr double kMostGroupName = 120;
constexpr double kGroupLabelGap = 14;
constexpr double kGroupTurn = -50;
constexpr double kMostDecades = 4;

void RequireValid(const BlockMatrixPlot& plot) {
  Require(
      plot.cells >= 1 && plot.cells <= BlockMatrixPlot::kMostCells,
      fmt::format("the matrix has {} rows of cells; 1 to {} can be drawn", plot.cells, BlockMatrixPlot::kMostCells));
  const auto side = static_cast<std::size_t>(plot.cells);
  Require(plot.weights.size() == side * side,
          fmt::format("there are {} weights for {} × {} cells", plot.weights.size(), side, side));
  RequireDrawable(plot.weights, "weight");
  const double largest = *std::max_element(plot.weights.begin(), plot.weights.end());
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      const double weight = plot.weights[row * side + column];
      Require(weight >= 0, fmt::format("the weight in row {}, column {} is negative", row, column));
      Require(std::abs(weight - plot.weights[column * side + row]) <= largest * 1e-6,
              fmt::format("the matrix is not symmetric in row {}, column {}", row, column));
    }
  }
  Require(!plot.clusters.empty(), "the matrix has no clusters");
  double begin = 0;
  for (const MatrixCluster& cluster : plot.clusters) {
    RequireDrawable(cluster.end, fmt::format("the end of cluster '{}'", cluster.name));
    Require(cluster.end > begin, fmt::format("cluster '{}' ends at {}, before it begins", cluster.name, cluster.end));
    Require(cluster.label >= -1, fmt::format("cluster '{}' has the label {}", cluster.name, cluster.label));
    Require(cluster.units >= 0, fmt::format("cluster '{}' has {} units", cluster.name, cluster.units));
    begin = cluster.end;
  }
  Require(std::abs(begin - plot.cells) < 1e-6,
          fmt::format("the last cluster ends at {}, but there are {} cells", begin, plot.cells));
}

/// A weight's place on the colour scale, 0 to 1.
class ColourScale {
 public:
  explicit ColourScale(const BlockMatrixPlot& plot)
      : logarithmic_(plot.scale == BlockMatrixPlot::ColourScale::kLogarithmic) {
    double least = 0;
    for (const double weight : plot.weights) {
      high_ = std::max(high_, weight);
      if (weight > 0 && (least == 0 || weight < least)) least = weight;
    }
    if (high_ < kLeastDrawn) high_ = 1;
    if (least == 0) least = high_;
    // A scale needs two ends, also where all weights are equal.
    low_ = logarithmic_ ? std::clamp(least, high_ * std::pow(10, -kMostDecades), high_ / 10) : 0;
  }

  double Share(double weight) const {
    if (logarithmic_) return std::clamp(std::log(weight / low_) / std::log(high_ / low_), 0.0, 1.0);
    return std::sqrt(weight / high_);
  }
  int Level(double weight) const { return std::min(static_cast<int>(Share(weight) * kHeatLevels), kHeatLevels - 1); }

  std::vector<Tick> Ticks() const {
    return logarithmic_ ? LogarithmicTicks({low_, high_}, 8) : LinearTicks({0, high_}, 9);
  }

 private:
  bool logarithmic_;
  double low_ = 0;
  double high_ = 0;
};

class MatrixDrawing {
 public:
  explicit MatrixDrawing(const BlockMatrixPlot& plot);

  std::string Document();

 private:
  struct Name {
    std::string text;
    double middle = 0;  ///< in px from the matrix's first cell
    int label = 0;
  };

  double AtCell(double cells) const { return cells * cell_; }
  void ChooseNames();
  void DrawCells();
  void DrawClusters();
  void DrawRowNames();
  void DrawColumnNames();
  void DrawColourBar();

  const BlockMatrixPlot& plot_;
  Figure figure_;
  SvgWriter& svg_;
  ColourScale colours_;
  std::vector<Name> names_;
  bool names_fit_ = true;  ///< above the matrix without being turned
  double cell_ = 1;        ///< whole px, or halves where that does not show, so that cells are of one size
  double side_ = 0;
  double left_ = 0;
  double top_ = 0;
};

MatrixDrawing::MatrixDrawing(const BlockMatrixPlot& plot)
    : plot_(plot), figure_(plot.text), svg_(figure_.drawing()), colours_(plot) {
  double widest = 0;
  for (const MatrixCluster& cluster : plot.clusters) {
    const std::string text = fmt::format("{} · {}", cluster.name, CountText(cluster.units));
    widest = std::max(widest, std::min(TextWidth(text, TextStyle::kTick), kMostGroupName));
  }
  left_ = std::ceil(figure_.left() + widest + kLeader + kStrip + 8);
  const double room = std::min(kMostSide, figure_.right() - kBarRoom - left_) / plot.cells;
  cell_ = room >= 3 ? std::floor(room * 2) / 2 : std::max(1.0, std::floor(room));
  side_ = cell_ * plot.cells;
  ChooseNames();
  double above = 10;
  for (const Name& name : names_) {
    const double width = TextWidth(name.text, TextStyle::kTick);
    above = std::max(above, names_fit_ ? 14 : width * 0.77 + 12);
  }
  top_ = std::ceil(figure_.top() + above + kStrip + kLeader);
}

void MatrixDrawing::ChooseNames() {
  const bool all = static_cast<double>(plot_.clusters.size()) * kGroupLabelGap <= side_;
  double begin = 0;
  for (const MatrixCluster& cluster : plot_.clusters) {
    const double extent = AtCell(cluster.end - begin);
    const std::string size = " · " + CountText(cluster.units);
    const double room = kMostGroupName - TextWidth(size, TextStyle::kTick);
    Name name = {FittedInFront(cluster.name, TextStyle::kTick, room) + size, AtCell((begin + cluster.end) / 2),
                 cluster.label};
    begin = cluster.end;
    if (!all && extent < kGroupLabelGap) continue;
    names_fit_ = names_fit_ && TextWidth(name.text, TextStyle::kTick) + 8 <= extent;
    names_.push_back(std::move(name));
  }
}

/// Each level's cells as one path of horizontal runs, which is far shorter than a rectangle for each.
void MatrixDrawing::DrawCells() {
  const auto side = static_cast<std::size_t>(plot_.cells);
  std::vector<std::string> runs(kHeatLevels);
  std::vector<int> levels(side);
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      const double weight = plot_.weights[row * side + column];
      levels[column] = weight > 0 ? colours_.Level(weight) : -1;
    }
    for (std::size_t column = 0; column < side;) {
      std::size_t end = column + 1;
      while (end < side && levels[end] == levels[column]) ++end;
      if (levels[column] >= 0) {
        runs[static_cast<std::size_t>(levels[column])] += fmt::format("M{} {}h{}", column, row, end - column);
      }
      column = end;
    }
  }
  const std::string place =
      fmt::format("translate({} {}) scale({})", Coordinate(left_), Coordinate(top_ + cell_ / 2), Coordinate(cell_));
  svg_.Open("g", {{"transform", place}});
  for (int level = 0; level < kHeatLevels; ++level) {
    const std::string& path = runs[static_cast<std::size_t>(level)];
    if (!path.empty()) svg_.Path(path, HeatClass(level) + " ml-cells");
  }
  svg_.EndGroup();
}

void MatrixDrawing::DrawClusters() {
  double begin = 0;
  for (const MatrixCluster& cluster : plot_.clusters) {
    const double from = AtCell(begin);
    const double extent = AtCell(cluster.end - begin);
    // A little shorter than the cluster, so that neighbours keep apart.
    const double inset = extent > 4 ? 0.75 : 0;
    const std::string classes = ClusterClass(cluster.label) + " ml-fill";
    svg_.Rectangle(left_ - kStrip - 3, top_ + from + inset, kStrip, extent - 2 * inset, classes);
    svg_.Rectangle(left_ + from + inset, top_ - kStrip - 3, extent - 2 * inset, kStrip, classes);
    begin = cluster.end;
    if (&cluster == &plot_.clusters.back()) break;
    const double at = AtCell(cluster.end);
    svg_.Line(left_, top_ + at, left_ + side_, top_ + at, "ml-boundary");
    svg_.Line(left_ + at, top_, left_ + at, top_ + side_, "ml-boundary");
  }
  svg_.Rectangle(left_, top_, side_, side_, "ml-axis");
}

void MatrixDrawing::DrawRowNames() {
  std::vector<double> wanted;
  for (const Name& name : names_) wanted.push_back(name.middle);
  const std::vector<double> places = SpreadLabels(wanted, kGroupLabelGap, 6, std::max(6.0, side_ - 6));
  const double strip = left_ - kStrip - 3;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const double y = top_ + places[i];
    if (std::abs(places[i] - wanted[i]) > 2) svg_.Line(strip - 2, top_ + wanted[i], strip - kLeader + 1, y, "ml-axis");
    svg_.Text({strip - kLeader, y + BaselineShift(TextStyle::kTick), Anchor::kEnd}, TextStyle::kTick, names_[i].text);
  }
}

void MatrixDrawing::DrawColumnNames() {
  std::vector<double> wanted;
  for (const Name& name : names_) wanted.push_back(name.middle);
  const std::vector<double> places =
      names_fit_ ? wanted : SpreadLabels(wanted, kGroupLabelGap + 1, 6, std::max(6.0, side_ - 6));
  const double strip = top_ - kStrip - 3;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const double x = left_ + places[i];
    if (names_fit_) {
      svg_.Text({x, strip - 7, Anchor::kMiddle}, TextStyle::kTick, names_[i].text);
      continue;
    }
    if (std::abs(places[i] - wanted[i]) > 2) svg_.Line(left_ + wanted[i], strip - 2, x, strip - kLeader + 1, "ml-axis");
    svg_.Text({x + 4, strip - kLeader, Anchor::kStart, kGroupTurn}, TextStyle::kTick, names_[i].text);
  }
}

void MatrixDrawing::DrawColourBar() {
  const double x = left_ + side_ + 28;
  const double height = std::min(side_, 320.0);
  const double bottom = top_ + height;
  for (int level = 0; level < kHeatLevels; ++level) {
    const double step = height / kHeatLevels;
    svg_.Rectangle(x, bottom - (level + 1) * step, kBarWidth, step, HeatClass(level) + " ml-fill ml-crisp");
  }
  double free_below = bottom + 100;
  for (const Tick& tick : colours_.Ticks()) {
    const double y = bottom - colours_.Share(tick.value) * height;
    if (tick.label.empty() || y > free_below) continue;
    svg_.Line(x + kBarWidth, y, x + kBarWidth + 4, y, "ml-axis");
    svg_.Text({x + kBarWidth + 8, y + BaselineShift(TextStyle::kTick)}, TextStyle::kTick, tick.label);
    free_below = y - 14;
  }
  double y = bottom + 24;
  for (const std::string& line : WrappedText(plot_.weight_name, TextStyle::kLabel, figure_.right() - x, 3)) {
    svg_.Text({x, y}, TextStyle::kLabel, line);
    y += 15;
  }
}

std::string MatrixDrawing::Document() {
  DrawCells();
  DrawClusters();
  DrawRowNames();
  DrawColumnNames();
  DrawColourBar();
  std::int64_t units = 0;
  for (const MatrixCluster& cluster : plot_.clusters) units += cluster.units;
  std::string cells = fmt::format("{} × {} cells", plot_.cells, plot_.cells);
  if (units > plot_.cells) cells += fmt::format(" for {} units", CountText(units));
  const bool logarithmic = plot_.scale == BlockMatrixPlot::ColourScale::kLogarithmic;
  figure_.Remark(
      fmt::format("Rows and columns: units in the order of their clusters ({}). Colours on a {} scale; what is "
                  "blank has no weight.",
                  cells, logarithmic ? "logarithmic" : "square-root"));
  const std::string description = fmt::format(
      "The matrix of weights between units ordered by cluster, {} clusters, {}.", plot_.clusters.size(), cells);
  // Below the colour bar stands its title.
  return figure_.Document(std::max(top_ + side_, top_ + std::min(side_, 320.0) + 54), description);
}

}  // namespace

std::string DrawBlockMatrix(const BlockMatrixPlot& plot) {
  RequireValid(plot);
  return MatrixDrawing(plot).Document();
}

}  // namespace modlab::client::plots
