#include "client/plots/training_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>

#include "client/plots/figure.h"
#include "client/plots/number_text.h"
#include "client/plots/panel_stack.h"
#include "client/plots/refusal.h"
#include "client/plots/ticks.h"

namespace modlab::client::plots {
namespace {

constexpr double kFirstHeight = 190;
constexpr double kOtherHeight = 120;
constexpr double kGoalRow = 16;
constexpr double kDecadesForLogarithm = 1.5;
constexpr std::size_t kMostGoals = 12;  // that a legend explains
constexpr double kLeastSwitchGap = 4;   // px, below which lines would be a grey field
constexpr double kNumberRoom = 16;      // px that a goal's number needs

void RequireValid(const TrainingSeriesPlot& plot) {
  Require(!plot.panels.empty(), "the training has no series");
  for (const TrainingPanel& panel : plot.panels) {
    RequireValid(panel.series);
    if (panel.second) RequireValid(*panel.second);
  }
  for (std::size_t i = 0; i < plot.switches.size(); ++i) {
    RequireDrawable(plot.switches[i].epoch, fmt::format("the epoch of switch {}", i));
    Require(i == 0 || plot.switches[i].epoch > plot.switches[i - 1].epoch,
            fmt::format("switch {} is not after the one before", i));
  }
}

Range EpochRange(const TrainingSeriesPlot& plot) {
  std::vector<double> epochs;
  const auto take = [&](const Series& series) {
    epochs.push_back(series.x.front());
    epochs.push_back(series.x.back());
  };
  for (const TrainingPanel& panel : plot.panels) {
    take(panel.series);
    if (panel.second) take(*panel.second);
  }
  return RangeOf(epochs);
}

PanelAxis AxisOf(const TrainingPanel& panel, double height) {
  std::vector<double> values = panel.series.y;
  if (panel.second) values.insert(values.end(), panel.second->y.begin(), panel.second->y.end());
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const bool logarithmic =
      panel.may_be_logarithmic && *least > kLeastDrawn && std::log10(*most) - std::log10(*least) > kDecadesForLogarithm;
  if (logarithmic) return {panel.title + " (log scale)", PaddedByFactor({*least, *most}, 0.04), true, false, height};
  return {panel.title, Padded(RangeOf(values), 0.06), false, false, height};
}

/// Epochs with one goal.
struct Span {
  double from = 0;
  double to = 0;
  std::size_t goal = 0;  ///< in the order in which they first appear
};

class TrainingDrawing {
 public:
  explicit TrainingDrawing(const TrainingSeriesPlot& plot)
      : plot_(plot), figure_(plot.text), epochs_(EpochRange(plot)) {}

  std::string Document();

 private:
  enum class Labels { kNone, kTexts, kNumbers };

  void NameGoals();
  Labels LabelsThatFit(double px_per_epoch) const;
  void AddLegends(Labels labels);
  void DrawSwitches(const PanelStack& panels, Labels labels);
  std::string Description() const;

  const TrainingSeriesPlot& plot_;
  Figure figure_;
  Range epochs_;
  std::vector<std::string> goals_;
  std::vector<Span> spans_;
};

void TrainingDrawing::NameGoals() {
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < plot_.switches.size(); ++i) {
    const GoalSwitch& change = plot_.switches[i];
    const auto [goal, is_new] = known.emplace(change.goal, goals_.size());
    if (is_new) goals_.push_back(change.goal);
    const double to = i + 1 < plot_.switches.size() ? plot_.switches[i + 1].epoch : epochs_.high;
    if (to <= epochs_.low || change.epoch >= epochs_.high) continue;
    spans_.push_back({std::max(change.epoch, epochs_.low), std::min(to, epochs_.high), goal->second});
  }
}

TrainingDrawing::Labels TrainingDrawing::LabelsThatFit(double px_per_epoch) const {
  if (spans_.empty()) return Labels::kNone;
  const auto all_have = [&](auto needed) {
    return std::all_of(spans_.begin(), spans_.end(),
                       [&](const Span& span) { return (span.to - span.from) * px_per_epoch >= needed(span); });
  };
  if (all_have([&](const Span& span) { return TextWidth(goals_[span.goal], TextStyle::kTick) + 10; })) {
    return Labels::kTexts;
  }
  // The last span may be cut short by the end of the training.
  const auto room = static_cast<std::size_t>(std::count_if(spans_.begin(), spans_.end(), [&](const Span& span) {
    return (span.to - span.from) * px_per_epoch >= kNumberRoom;
  }));
  return goals_.size() <= kMostGoals && room + 1 >= spans_.size() ? Labels::kNumbers : Labels::kNone;
}

void TrainingDrawing::AddLegends(Labels labels) {
  std::vector<LegendEntry> lines;
  const auto add = [&](const Series& series, Mark mark, const char* classes) {
    const auto is_same = [&](const LegendEntry& entry) {
      return entry.text == series.name && entry.classes == classes;
    };
    if (std::none_of(lines.begin(), lines.end(), is_same)) lines.push_back({mark, classes, series.name});
  };
  for (const TrainingPanel& panel : plot_.panels) {
    if (!panel.second) continue;
    add(panel.series, Mark::kLine, "ml-first");
    add(*panel.second, Mark::kDashedLine, "ml-second");
  }
  figure_.AddLegend(std::move(lines));
  if (labels != Labels::kNumbers) return;
  std::vector<LegendEntry> goals;
  for (std::size_t i = 0; i < goals_.size(); ++i) {
    goals.push_back({Mark::kNone, "", fmt::format("{}{}: {}", i == 0 ? "goals  " : "", i + 1, goals_[i])});
  }
  figure_.AddLegend(std::move(goals));
}

void TrainingDrawing::DrawSwitches(const PanelStack& panels, Labels labels) {
  if (spans_.empty()) return;
  SvgWriter& svg = figure_.drawing();
  const Scale& x = panels.x();
  const double top = panels.box(0).top;
  double narrowest = std::numeric_limits<double>::infinity();
  for (const Span& span : spans_) narrowest = std::min(narrowest, x(span.to) - x(span.from));
  const bool with_lines = narrowest >= kLeastSwitchGap || spans_.size() * kLeastSwitchGap < panels.box(0).width();
  for (const Span& span : spans_) {
    if (with_lines && span.from > epochs_.low) {
      for (std::size_t i = 0; i < panels.size(); ++i) {
        svg.Line(x(span.from), panels.box(i).top - (i == 0 && labels != Labels::kNone ? kGoalRow : 0), x(span.from),
                 panels.box(i).bottom, "ml-switch");
      }
    }
    const double y = top - 6;
    if (labels == Labels::kTexts) svg.Text({x(span.from) + 4, y}, TextStyle::kTick, goals_[span.goal]);
    if (labels == Labels::kNumbers && x(span.to) - x(span.from) >= kNumberRoom) {
      svg.Text({(x(span.from) + x(span.to)) / 2, y, Anchor::kMiddle}, TextStyle::kTick,
               fmt::format("{}", span.goal + 1));
    }
  }
  const std::string counted =
      fmt::format("{} switch{} between {} goal{}", CountText(static_cast<std::int64_t>(spans_.size()) - 1),
                  spans_.size() == 2 ? "" : "es", goals_.size(), goals_.size() == 1 ? "" : "s");
  if (with_lines) {
    figure_.Remark(fmt::format("Vertical lines: {}.", counted));
  } else {
    figure_.Remark(fmt::format("There were {}, too close to be shown.", counted));
  }
}

std::string TrainingDrawing::Description() const {
  std::string text;
  for (const TrainingPanel& panel : plot_.panels) {
    text += fmt::format("{}{}: from {} to {} over epochs {} to {}", text.empty() ? "" : "; ", panel.title,
                        ValueText(panel.series.y.front()), ValueText(panel.series.y.back()),
                        ValueText(panel.series.x.front()), ValueText(panel.series.x.back()));
  }
  return text + ".";
}

std::string TrainingDrawing::Document() {
  NameGoals();
  std::vector<PanelAxis> axes;
  for (const TrainingPanel& panel : plot_.panels)
    axes.push_back(AxisOf(panel, axes.empty() ? kFirstHeight : kOtherHeight));
  const SharedAxis x_axis = {"epoch", epochs_, false, true};
  // How wide the panels are does not depend on how high the legend is.
  const PanelStack measured(figure_.left(), figure_.right(), 0, x_axis, axes);
  const Labels labels = LabelsThatFit(measured.box(0).width() / (epochs_.high - epochs_.low));
  AddLegends(labels);
  if (labels != Labels::kNone) axes.front().above = kGoalRow;
  const PanelStack panels(figure_.left(), figure_.right(), figure_.top(), x_axis, std::move(axes));
  panels.DrawAxes(figure_.drawing());
  DrawSwitches(panels, labels);
  for (std::size_t i = 0; i < plot_.panels.size(); ++i) {
    const TrainingPanel& panel = plot_.panels[i];
    DrawSeries(figure_.drawing(), panel.series, panels.x(), panels.y(i), "ml-first");
    if (panel.second) DrawSeries(figure_.drawing(), *panel.second, panels.x(), panels.y(i), "ml-second ml-dashed");
  }
  return figure_.Document(panels.bottom(), Description());
}

}  // namespace

std::string DrawTrainingSeries(const TrainingSeriesPlot& plot) {
  RequireValid(plot);
  return TrainingDrawing(plot).Document();
}

}  // namespace modlab::client::plots
