#include "client/plots/modularity_by_resolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "client/plots/figure.h"
#include "client/plots/number_text.h"
#include "client/plots/panel_stack.h"
#include "client/plots/refusal.h"
#include "client/plots/series_line.h"
#include "client/plots/ticks.h"

namespace modlab::client::plots {
namespace {

void RequireValid(const ModularityByResolutionPlot& plot) {
  const std::vector<double> clusters(plot.clusters.begin(), plot.clusters.end());
  RequireValid(Series{"Q", plot.resolutions, plot.modularity});
  RequireValid(Series{"clusters", plot.resolutions, clusters});
  Require(plot.resolutions.front() > kLeastDrawn, "a resolution is not over 0");
  Require(*std::min_element(plot.clusters.begin(), plot.clusters.end()) >= 0, "a number of clusters is negative");
  double before = 0;
  for (std::size_t i = 0; i < plot.plateaus.size(); ++i) {
    const ResolutionPlateau& plateau = plot.plateaus[i];
    RequireDrawable(plateau.low, fmt::format("the start of plateau {}", i));
    RequireDrawable(plateau.high, fmt::format("the end of plateau {}", i));
    Require(plateau.low > kLeastDrawn && plateau.low >= before && plateau.high >= plateau.low,
            fmt::format("plateau {} begins before the last one's end, or ends before it begins", i));
    before = plateau.high;
  }
}

/// The resolutions, with room for a single one.
Range ResolutionRange(const ModularityByResolutionPlot& plot) {
  Range range = {plot.resolutions.front(), plot.resolutions.back()};
  for (const ResolutionPlateau& plateau : plot.plateaus) {
    range = {std::min(range.low, plateau.low), std::max(range.high, plateau.high)};
  }
  if (range.high < range.low * 1.01) return {range.low / 1.5, range.high * 1.5};
  return PaddedByFactor(range, 0.02);
}

void DrawPlateaus(SvgWriter& svg, const PanelStack& panels, const std::vector<ResolutionPlateau>& plateaus) {
  for (const ResolutionPlateau& plateau : plateaus) {
    const double left = panels.x()(plateau.low);
    const double width = std::max(panels.x()(plateau.high) - left, 1.0);
    for (std::size_t i = 0; i < panels.size(); ++i) {
      svg.Rectangle(left, panels.box(i).top, width, panels.box(i).height(), "ml-first ml-fill ml-faint ml-plateau",
                    fmt::format("{} clusters from γ = {} to {}", plateau.clusters, ValueText(plateau.low),
                                ValueText(plateau.high)));
    }
  }
}

void NamePlateaus(SvgWriter& svg, const PanelStack& panels, const std::vector<ResolutionPlateau>& plateaus) {
  for (const ResolutionPlateau& plateau : plateaus) {
    const double left = panels.x()(plateau.low);
    const double right = panels.x()(plateau.high);
    const std::string number = fmt::format("{}", plateau.clusters);
    const std::string words = fmt::format("{} cluster{}", number, plateau.clusters == 1 ? "" : "s");
    const bool words_fit = TextWidth(words, TextStyle::kTick) + 8 <= right - left;
    if (!words_fit && TextWidth(number, TextStyle::kTick) + 6 > right - left) continue;
    svg.Text({(left + right) / 2, panels.box(0).top + 14, Anchor::kMiddle}, TextStyle::kTick,
             words_fit ? words : number);
  }
}

}  // namespace

std::string DrawModularityByResolution(const ModularityByResolutionPlot& plot) {
  RequireValid(plot);
  const std::vector<double> clusters(plot.clusters.begin(), plot.clusters.end());
  Figure figure(plot.text);
  Range q_range = Padded(RangeOf(plot.modularity), 0.08);
  if (!plot.plateaus.empty()) q_range.high += (q_range.high - q_range.low) * 0.12;
  Range cluster_range = Padded(RangeOf(clusters), 0.1);
  cluster_range.low = std::max(0.0, cluster_range.low);
  if (!plot.plateaus.empty()) {
    figure.AddLegend({{Mark::kBlock, "ml-first ml-faint", "resolutions with the same partition"}});
  }
  const PanelStack panels(
      figure.left(), figure.right(), figure.top(), {"resolution γ (log scale)", ResolutionRange(plot), true},
      {{"modularity Q", q_range, false, false, 200}, {"clusters", cluster_range, false, true, 130}});
  SvgWriter& svg = figure.drawing();
  DrawPlateaus(svg, panels, plot.plateaus);
  panels.DrawAxes(svg);
  DrawSeries(svg, {"Q", plot.resolutions, plot.modularity}, panels.x(), panels.y(0), "ml-first");
  DrawSeries(svg, {"clusters", plot.resolutions, clusters}, panels.x(), panels.y(1), "ml-first");
  NamePlateaus(svg, panels, plot.plateaus);
  return figure.Document(
      panels.bottom(),
      fmt::format("Modularity Q from {} to {} and from {} to {} clusters over resolutions {} to {}; {} plateaus.",
                  ValueText(plot.modularity.front()), ValueText(plot.modularity.back()), plot.clusters.front(),
                  plot.clusters.back(), ValueText(plot.resolutions.front()), ValueText(plot.resolutions.back()),
                  plot.plateaus.size()));
}

}  // namespace modlab::client::plots
