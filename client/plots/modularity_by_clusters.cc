#include "client/plots/modularity_by_clusters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "client/plots/figure.h"
#include "client/plots/number_text.h"
#include "client/plots/panel_stack.h"
#include "client/plots/refusal.h"
#include "client/plots/series_line.h"

namespace modlab::client::plots {
namespace {

Series SeriesOf(std::string name, const std::vector<int>& clusters, const std::vector<double>& values) {
  return {std::move(name), {clusters.begin(), clusters.end()}, values};
}

/// The index of the k to be marked.
std::size_t BestOf(const ModularityByClustersPlot& plot) {
  if (!plot.best) {
    const auto best = std::max_element(plot.modularity.begin(), plot.modularity.end());
    return static_cast<std::size_t>(best - plot.modularity.begin());
  }
  const auto found = std::find(plot.clusters.begin(), plot.clusters.end(), *plot.best);
  Require(found != plot.clusters.end(), fmt::format("k = {}, to be marked, is not among those given", *plot.best));
  return static_cast<std::size_t>(found - plot.clusters.begin());
}

void MarkBest(SvgWriter& svg, const PanelStack& panels, const ModularityByClustersPlot& plot, std::size_t best) {
  const double x = panels.x()(plot.clusters[best]);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    svg.Line(x, panels.box(i).top, x, panels.box(i).bottom, "ml-reference ml-dashed");
  }
  svg.Circle(x, panels.y(0)(plot.modularity[best]), 5, "ml-second ml-fill ml-rim ml-best");
  if (!plot.ncut.empty()) svg.Circle(x, panels.y(1)(plot.ncut[best]), 5, "ml-second ml-fill ml-rim ml-best");
  const std::string text = fmt::format("k = {}, Q = {}", plot.clusters[best], ValueText(plot.modularity[best]));
  const bool on_right = x + 10 + TextWidth(text, TextStyle::kStrong) <= panels.box(0).right;
  svg.Text({on_right ? x + 10 : x - 10, panels.box(0).top + 12, on_right ? Anchor::kStart : Anchor::kEnd, 0, "ml-halo"},
           TextStyle::kStrong, text);
}

}  // namespace

std::string DrawModularityByClusters(const ModularityByClustersPlot& plot) {
  const Series modularity = SeriesOf("Q", plot.clusters, plot.modularity);
  const Series ncut = SeriesOf("n-cut", plot.clusters, plot.ncut);
  RequireValid(modularity);
  const bool with_ncut = !plot.ncut.empty();
  if (with_ncut) RequireValid(ncut);
  Require(plot.clusters.front() >= 1, "the number of clusters is below 1");
  const std::size_t best = BestOf(plot);

  Figure figure(plot.text);
  Range q_range = Padded(RangeOf(plot.modularity), 0.08);
  q_range.high += (q_range.high - q_range.low) * 0.12;  // for the annotation
  std::vector<PanelAxis> axes = {{"modularity Q", q_range, false, false, with_ncut ? 200.0 : 260.0}};
  if (with_ncut) axes.push_back({"n-cut", Padded(RangeOf(plot.ncut), 0.08), false, false, 150});
  const Range k_range = {plot.clusters.front() - 0.5, plot.clusters.back() + 0.5};
  const PanelStack panels(figure.left(), figure.right(), figure.top(), {"number of clusters k", k_range, false, true},
                          std::move(axes));
  SvgWriter& svg = figure.drawing();
  panels.DrawAxes(svg);
  DrawSeries(svg, modularity, panels.x(), panels.y(0), "ml-first");
  if (with_ncut) DrawSeries(svg, ncut, panels.x(), panels.y(1), "ml-first");
  MarkBest(svg, panels, plot, best);
  return figure.Document(
      panels.bottom(),
      fmt::format("Modularity Q for {} to {} clusters; marked: {} clusters with Q = {}.", plot.clusters.front(),
                  plot.clusters.back(), plot.clusters[best], ValueText(plot.modularity[best])));
}

}  // namespace modlab::client::plots
