#include "client/plots/eigenvalues.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "client/plots/figure.h"
#include "client/plots/number_text.h"
#include "client/plots/panel_stack.h"
#include "client/plots/refusal.h"
#include "client/plots/ticks.h"

namespace modlab::client::plots {
namespace {

constexpr double kEigenvaluesHeight = 290;

void RequireValid(const EigenvaluesPlot& plot) {
  Require(!plot.values.empty(), "there are no eigenvalues");
  RequireDrawable(plot.values, "eigenvalue");
  Require(std::is_sorted(plot.values.begin(), plot.values.end()), "the eigenvalues are not ascending");
  const auto count = static_cast<int>(plot.values.size());
  Require(!plot.gap_after || (*plot.gap_after >= 1 && *plot.gap_after < count),
          fmt::format("there is no gap after eigenvalue {} of {}", plot.gap_after.value_or(0), count));
  Require(!plot.clusters_used || *plot.clusters_used >= 1,
          fmt::format("{} clusters cannot have been used", plot.clusters_used.value_or(0)));
}

std::string Lambda(int index) { return "λ" + SubscriptText(index); }

/// The number of eigenvalues before the gap to be marked; 0 if there is none.
int GapAfter(const EigenvaluesPlot& plot) {
  if (plot.gap_after) return *plot.gap_after;
  int after = 0;
  double largest = 0;
  for (std::size_t i = 0; i + 1 < plot.values.size(); ++i) {
    const double gap = plot.values[i + 1] - plot.values[i];
    if (gap > largest * (1 + 1e-12)) {
      largest = gap;
      after = static_cast<int>(i) + 1;
    }
  }
  return after;
}

void DrawGap(SvgWriter& svg, const PanelStack& panels, const EigenvaluesPlot& plot, int after) {
  const Box& box = panels.box(0);
  const double below = panels.y(0)(plot.values[static_cast<std::size_t>(after) - 1]);
  const double above = panels.y(0)(plot.values[static_cast<std::size_t>(after)]);
  const double left = panels.x()(after);
  const double right = panels.x()(after + 1);
  const double middle = (left + right) / 2;
  svg.Line(left, below, right, below, "ml-reference");
  svg.Line(left, above, right, above, "ml-reference");
  svg.Line(middle, above, middle, below, "ml-reference");
  EigenvaluesPlot unmarked = plot;
  unmarked.gap_after.reset();
  const bool is_largest = GapAfter(unmarked) == after;
  const std::string text =
      fmt::format("{} gap after {}: suggests k = {}", is_largest ? "largest" : "marked", after, after);
  const std::string size =
      fmt::format("{} = {}, {} = {}", Lambda(after), ValueText(plot.values[static_cast<std::size_t>(after) - 1]),
                  Lambda(after + 1), ValueText(plot.values[static_cast<std::size_t>(after)]));
  // Values ascend: right of the gap there is room below them, left of it above.
  const double width = std::max(TextWidth(text, TextStyle::kStrong), TextWidth(size, TextStyle::kTick));
  const bool on_right = right + 12 + width <= box.right;
  const double x = on_right ? right + 12 : left - 12;
  const Anchor anchor = on_right ? Anchor::kStart : Anchor::kEnd;
  const double wanted =
      on_right ? std::max((above + below) / 2, above + 24) : std::min((above + below) / 2, below - 34);
  const double y = std::clamp(wanted, box.top + 12, box.bottom - 24);
  svg.Text({x, y, anchor, 0, "ml-halo"}, TextStyle::kStrong, text);
  svg.Text({x, y + 15, anchor, 0, "ml-halo"}, TextStyle::kTick, size);
}

}  // namespace

std::string DrawEigenvalues(const EigenvaluesPlot& plot) {
  RequireValid(plot);
  Figure figure(plot.text);
  const auto count = static_cast<int>(plot.values.size());
  const int used = plot.clusters_used.value_or(count);
  if (plot.clusters_used) {
    figure.AddLegend(
        {{Mark::kDot, "ml-first", fmt::format("the first {}: k = {} was used", std::min(used, count), used)},
         {Mark::kHollowDot, "ml-none", "the others"}});
  }
  const double most = std::max(plot.values.back(), 0.0);
  const Range shown = {std::min(plot.values.front(), 0.0), most > kLeastDrawn ? most * 1.02 : 1};
  const Range y_range = ToWholeSteps(shown, 8);
  const PanelStack panels(figure.left(), figure.right(), figure.top(), {"index", {0.5, count + 0.5}, false, true},
                          {{"eigenvalue λ of the normalised Laplacian", y_range, false, false, kEigenvaluesHeight}});
  SvgWriter& svg = figure.drawing();
  const int after = GapAfter(plot);
  if (after > 0) {
    const double left = panels.x()(after);
    const Box& box = panels.box(0);
    svg.Rectangle(left, box.top, panels.x()(after + 1) - left, box.height(), "ml-shade");
  }
  panels.DrawAxes(svg);
  if (after > 0) DrawGap(svg, panels, plot, after);
  const double pitch = panels.box(0).width() / count;
  const double radius = std::clamp(pitch * 0.36, 1.5, 4.5);
  for (int i = 0; i < count; ++i) {
    const double value = plot.values[static_cast<std::size_t>(i)];
    DrawMark(svg, i < used ? Mark::kDot : Mark::kHollowDot, panels.x()(i + 1), panels.y(0)(value), radius,
             i < used ? "ml-point ml-first" : "ml-point ml-none",
             fmt::format("{} = {}", Lambda(i + 1), ValueText(value)));
  }
  std::string description = fmt::format("{} eigenvalues of the normalised Laplacian, from {} to {}.", count,
                                        ValueText(plot.values.front()), ValueText(plot.values.back()));
  if (after > 0) description += fmt::format(" The gap after {} suggests {} clusters.", after, after);
  return figure.Document(panels.bottom(), description);
}

}  // namespace modlab::client::plots
