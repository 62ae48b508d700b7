#include "client/plots/group_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

#include "client/plots/axes.h"
#include "client/plots/figure.h"
#include "client/plots/number_text.h"
#include "client/plots/refusal.h"

namespace modlab::client::plots {
namespace {

constexpr std::size_t kMostMeasures = 6;
constexpr double kRow = 48;
constexpr double kMeasureGap = 26;
constexpr double kMostName = 210;
constexpr double kMostNameOfMany = 150;  // beside more than three measures
constexpr double kLine = 15;
constexpr int kMostHeadingLines = 3;
constexpr std::size_t kManyValues = 20;                            // for which dots are smaller
constexpr std::array<double, 5> kSwarmLevels = {0, -1, 1, -2, 2};  // in the order in which they fill
constexpr double kSwarmStep = 4;
constexpr double kDotsAbove = 6;       // the row's middle
constexpr double kIntervalBelow = 10;  // the row's middle

void RequireValid(const GroupComparisonPlot& plot) {
  Require(!plot.measures.empty(), "there is nothing to compare the groups by");
  Require(plot.measures.size() <= kMostMeasures, fmt::format("there are more than {} measures", kMostMeasures));
  Require(!plot.groups.empty(), "there are no groups to compare");
  std::size_t count = 0;
  for (const ComparedGroup& group : plot.groups) {
    Require(group.measures.size() == plot.measures.size(),
            fmt::format("group '{}' has values for {} measures of {}", group.name, group.measures.size(),
                        plot.measures.size()));
    for (const MeasuredValues& measured : group.measures) {
      RequireDrawable(measured.values, fmt::format("value of group '{}'", group.name));
      count += measured.values.size();
      if (!measured.interval) continue;
      const auto [least, most] = *measured.interval;
      RequireDrawable({{least, measured.mean, most}}, fmt::format("interval of group '{}'", group.name));
      Require(least <= measured.mean && measured.mean <= most,
              fmt::format("group '{}' has a mean of {} outside its interval, {} to {}", group.name, measured.mean,
                          least, most));
    }
  }
  Require(plot.confidence > 0 && plot.confidence < 1, fmt::format("{} is no confidence of intervals", plot.confidence));
  Require(count > 0, "no group has any value");
}

/// Heights for dots at these places so that none covers another where that can be helped: each takes the level nearest
/// to the middle that is free.
std::vector<double> SwarmLevels(const std::vector<double>& x, double radius) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  std::vector<double> levels(x.size(), 0);
  std::vector<double> taken_to(kSwarmLevels.size(), -1e9);
  for (const std::size_t i : order) {
    std::size_t best = 0;
    for (std::size_t level = 0; level < kSwarmLevels.size(); ++level) {
      if (x[i] >= taken_to[level]) {
        best = level;
        break;
      }
      if (taken_to[level] < taken_to[best]) best = level;
    }
    taken_to[best] = x[i] + 2 * radius;
    levels[i] = kSwarmLevels[best] * kSwarmStep;
  }
  return levels;
}

bool HasIntervals(const GroupComparisonPlot& plot) {
  return std::any_of(plot.groups.begin(), plot.groups.end(), [](const ComparedGroup& group) {
    return std::any_of(group.measures.begin(), group.measures.end(),
                       [](const MeasuredValues& measured) { return measured.interval.has_value(); });
  });
}

std::string IntervalText(const MeanInterval& interval) {
  return fmt::format("[{}, {}]", ValueText(interval.least), ValueText(interval.most));
}

class ComparisonDrawing {
 public:
  explicit ComparisonDrawing(const GroupComparisonPlot& plot)
      : plot_(plot), has_intervals_(HasIntervals(plot)), figure_(plot.text), svg_(figure_.drawing()) {}

  std::string Document();

 private:
  std::vector<std::string> NameLines(std::size_t group) const {
    const double width = plot_.measures.size() > 3 ? kMostNameOfMany : kMostName;
    return WrappedText(plot_.groups[group].name, TextStyle::kLabel, width, 3);
  }
  double RowMiddle(std::size_t group) const { return rows_top_ + (static_cast<double>(group) + 0.5) * kRow; }
  Range RangeOfMeasure(std::size_t measure) const;
  void DrawNames();
  void DrawMeasure(std::size_t measure, const Box& box);
  void DrawValues(const std::vector<double>& values, const Scale& x, double y);
  void DrawInterval(double mean, const MeanInterval& interval, const Scale& x, double y);

  const GroupComparisonPlot& plot_;
  bool has_intervals_;
  Figure figure_;
  SvgWriter& svg_;
  double rows_top_ = 0;
  double names_right_ = 0;
};

/// All values, their intervals, and 0.
Range ComparisonDrawing::RangeOfMeasure(std::size_t measure) const {
  std::vector<double> all = {0};
  for (const ComparedGroup& group : plot_.groups) {
    const MeasuredValues& measured = group.measures[measure];
    all.insert(all.end(), measured.values.begin(), measured.values.end());
    if (measured.interval) all.insert(all.end(), {measured.interval->least, measured.interval->most});
  }
  return Padded(RangeOf(all), 0.05);
}

void ComparisonDrawing::DrawNames() {
  for (std::size_t i = 0; i < plot_.groups.size(); ++i) {
    const std::vector<std::string> lines = NameLines(i);
    double y = RowMiddle(i) - kLine / 2 * static_cast<double>(lines.size() - 1) + BaselineShift(TextStyle::kLabel);
    for (const std::string& line : lines) {
      svg_.Text({names_right_, y, Anchor::kEnd}, TextStyle::kLabel, line);
      y += kLine;
    }
  }
}

void ComparisonDrawing::DrawValues(const std::vector<double>& values, const Scale& x, double y) {
  if (values.empty()) {
    svg_.Text({x(0) + 6, y + BaselineShift(TextStyle::kTick)}, TextStyle::kTick, "no values");
    return;
  }
  const double radius = values.size() > kManyValues ? 2.2 : 3;
  std::vector<double> places;
  places.reserve(values.size());
  for (const double value : values) places.push_back(x(value));
  const std::vector<double> levels = SwarmLevels(places, radius);
  for (std::size_t i = 0; i < values.size(); ++i) {
    svg_.Circle(places[i], y - (has_intervals_ ? kDotsAbove : 0) + levels[i], radius,
                "ml-first ml-fill ml-soft ml-value", ValueText(values[i]));
  }
}

void ComparisonDrawing::DrawInterval(double mean, const MeanInterval& interval, const Scale& x, double y) {
  const double line = y + kIntervalBelow;
  const double low = x(interval.least);
  const double high = x(interval.most);
  svg_.Line(low, line, high, line, "ml-ink ml-stroke ml-thick ml-interval");
  svg_.Line(low, line - 3, low, line + 3, "ml-ink ml-stroke ml-thin");
  svg_.Line(high, line - 3, high, line + 3, "ml-ink ml-stroke ml-thin");
  svg_.Circle(x(mean), line, 4, "ml-ink ml-fill ml-rim ml-mean",
              fmt::format("mean {} {}", ValueText(mean), IntervalText(interval)));
}

void ComparisonDrawing::DrawMeasure(std::size_t measure, const Box& box) {
  const Scale x(RangeOfMeasure(measure), box.left, box.right);
  const std::vector<std::string> heading =
      WrappedText(plot_.measures[measure], TextStyle::kStrong, box.width(), kMostHeadingLines);
  double heading_y = box.top - 10 - kLine * static_cast<double>(heading.size());
  for (const std::string& line : heading) svg_.Text({box.left, heading_y += kLine}, TextStyle::kStrong, line);
  for (std::size_t i = 1; i < plot_.groups.size(); ++i) {
    const double y = box.top + static_cast<double>(i) * kRow;
    svg_.Line(box.left, y, box.right, y, "ml-grid");
  }
  const int ticks = std::max(4, static_cast<int>(box.width() / 55));
  DrawBottomAxis(svg_, box, x, LinearTicks(x.range(), ticks), "");
  svg_.Line(x(0), box.top, x(0), box.bottom, "ml-reference ml-zero");
  for (std::size_t i = 0; i < plot_.groups.size(); ++i) {
    const MeasuredValues& measured = plot_.groups[i].measures[measure];
    DrawValues(measured.values, x, RowMiddle(i));
    if (measured.interval) DrawInterval(measured.mean, *measured.interval, x, RowMiddle(i));
  }
}

std::string ComparisonDrawing::Document() {
  std::vector<LegendEntry> legend = {{Mark::kDot, "ml-first ml-soft", "one value"}};
  if (has_intervals_) {
    legend.push_back(
        {Mark::kInterval, "ml-ink", fmt::format("mean and its {}% interval", ValueText(100 * plot_.confidence))});
    figure_.Remark("Intervals by Student's t distribution.");
  }
  figure_.AddLegend(std::move(legend));
  double widest = 0;
  for (std::size_t i = 0; i < plot_.groups.size(); ++i) {
    for (const std::string& line : NameLines(i)) widest = std::max(widest, TextWidth(line, TextStyle::kLabel));
  }
  names_right_ = figure_.left() + widest;
  const auto count = static_cast<double>(plot_.measures.size());
  const double left = names_right_ + 16;
  const double width = (figure_.right() - left - kMeasureGap * (count - 1)) / count;
  std::size_t heading_lines = 1;
  for (const std::string& measure : plot_.measures) {
    heading_lines = std::max(heading_lines, WrappedText(measure, TextStyle::kStrong, width, kMostHeadingLines).size());
  }
  rows_top_ = figure_.top() + 11 + kLine * static_cast<double>(heading_lines);
  DrawNames();
  const double bottom = rows_top_ + kRow * static_cast<double>(plot_.groups.size());
  for (std::size_t i = 0; i < plot_.measures.size(); ++i) {
    const double from = left + (width + kMeasureGap) * static_cast<double>(i);
    DrawMeasure(i, {from, rows_top_, from + width, bottom});
  }
  std::string description = fmt::format("{} groups compared.", plot_.groups.size());
  for (const ComparedGroup& group : plot_.groups) {
    for (std::size_t i = 0; i < plot_.measures.size(); ++i) {
      const MeasuredValues& measured = group.measures[i];
      if (measured.values.empty()) continue;
      description += fmt::format(" {}: {} {}", group.name, plot_.measures[i], ValueText(measured.mean));
      description += measured.interval ? fmt::format(" {}.", IntervalText(*measured.interval)) : ".";
    }
  }
  return figure_.Document(bottom + 24, description);
}

}  // namespace

std::string DrawGroupComparison(const GroupComparisonPlot& plot) {
  RequireValid(plot);
  return ComparisonDrawing(plot).Document();
}

}  // namespace modlab::client::plots
