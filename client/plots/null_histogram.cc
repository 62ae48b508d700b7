#include "client/plots/null_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

#include "client/plots/figure.h"
#include "client/plots/number_text.h"
#include "client/plots/panel_stack.h"
#include "client/plots/refusal.h"

namespace modlab::client::plots {
namespace {

constexpr double kHeight = 270;
constexpr double kHeadroom = 54;  // above the highest bar, for the interval and the observed value's label
constexpr int kLeastBins = 5;
constexpr int kMostBins = 60;
constexpr double kNarrowestBar = 1.5;  // px

struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments MomentsOf(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  Moments moments;
  for (const double value : values) moments.mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - moments.mean) * (value - moments.mean);
  moments.deviation = values.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
  // What is left of equal values is rounding.
  if (moments.deviation <= std::abs(moments.mean) * 1e-12) moments.deviation = 0;
  return moments;
}

/// Between the two values about this share of the sorted ones.
double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto before = static_cast<std::size_t>(place);
  const std::size_t after = std::min(before + 1, sorted.size() - 1);
  return sorted[before] + (place - static_cast<double>(before)) * (sorted[after] - sorted[before]);
}

/// `null models 0.0978 ± 0.0044`
std::string NullsText(const NullHistogramPlot& plot, const Moments& moments) {
  if (plot.nulls.size() == 1) return fmt::format("null model {}", ValueText(moments.mean));
  // The mean with as many decimals as the deviation's first two digits have.
  const int decimals = moments.deviation > 0 ? 1 - static_cast<int>(std::floor(std::log10(moments.deviation))) : -1;
  const bool together = decimals >= 0 && decimals <= 7;
  return fmt::format("null models {} ± {}", together ? DecimalText(moments.mean, decimals) : ValueText(moments.mean),
                     together ? DecimalText(moments.deviation, decimals) : ValueText(moments.deviation, 2));
}

std::string Summary(const NullHistogramPlot& plot, const Moments& moments) {
  std::string text = fmt::format("{} = {}, {}", plot.measure, ValueText(plot.observed), NullsText(plot, moments));
  if (plot.z) text += fmt::format(", z = {}", ValueText(*plot.z, 3));
  if (plot.p) text += fmt::format(", p = {}", ValueText(*plot.p, 2));
  return text;
}

void DrawObserved(SvgWriter& svg, const PanelStack& panels, const NullHistogramPlot& plot) {
  const Box& box = panels.box(0);
  const double x = panels.x()(plot.observed);
  svg.Line(x, box.top, x, box.bottom, "ml-second ml-stroke ml-thick ml-observed");
  const std::string label = fmt::format("observed {}", ValueText(plot.observed));
  const bool on_right = x + 8 + TextWidth(label, TextStyle::kStrong) <= box.right;
  svg.Text({on_right ? x + 8 : x - 8, box.top + 12, on_right ? Anchor::kStart : Anchor::kEnd, 0, "ml-halo"},
           TextStyle::kStrong, label);
}

void DrawInterval(SvgWriter& svg, const PanelStack& panels, const Moments& moments) {
  const double y = panels.box(0).top + 34;
  const double low = panels.x()(moments.mean - moments.deviation);
  const double high = panels.x()(moments.mean + moments.deviation);
  svg.Line(low, y, high, y, "ml-ink ml-stroke ml-thick");
  svg.Line(low, y - 4, low, y + 4, "ml-ink ml-stroke ml-thin");
  svg.Line(high, y - 4, high, y + 4, "ml-ink ml-stroke ml-thin");
  svg.Circle(panels.x()(moments.mean), y, 4, "ml-ink ml-fill");
}

}  // namespace

HistogramBins BinnedValues(std::vector<double> values, double least_width) {
  std::sort(values.begin(), values.end());
  const double low = values.front();
  const double high = values.back();
  const auto count = static_cast<double>(values.size());
  if (high - low <= std::max(std::abs(low), std::abs(high)) * 1e-9) {
    const double width = least_width > 0 ? least_width : 1;
    return {(low + high - width) / 2, width, {static_cast<int>(values.size())}};
  }
  const double spread = Quantile(values, 0.75) - Quantile(values, 0.25);
  const double wanted = 2 * spread / std::cbrt(count);
  const double by_count = std::min<double>(kMostBins, std::max<double>(kLeastBins, 2 * std::sqrt(count)));
  const double bins =
      wanted > 0 ? std::clamp((high - low) / wanted, static_cast<double>(kLeastBins), by_count) : kLeastBins;
  const double most = least_width > 0 ? std::max(1.0, std::floor((high - low) / least_width)) : kMostBins;
  HistogramBins result;
  result.counts.assign(static_cast<std::size_t>(std::min(std::ceil(bins - 1e-9), most)), 0);
  result.low = low;
  result.width = (high - low) / static_cast<double>(result.counts.size());
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>((value - low) / result.width);
    ++result.counts[std::min(bin, result.counts.size() - 1)];
  }
  return result;
}

std::string DrawNullHistogram(const NullHistogramPlot& plot) {
  Require(!plot.nulls.empty(), "there are no null models");
  RequireDrawable(plot.nulls, "null model");
  RequireDrawable(plot.observed, "the observed value");
  if (plot.z) RequireDrawable(*plot.z, "z");
  if (plot.p) RequireDrawable(*plot.p, "p");
  const Moments moments = MomentsOf(plot.nulls);

  std::vector<double> all = plot.nulls;
  all.push_back(plot.observed);
  all.push_back(moments.mean - moments.deviation);
  all.push_back(moments.mean + moments.deviation);
  const Range x_range = Padded(RangeOf(all), 0.05);
  const double pixel = (x_range.high - x_range.low) / (kFigureWidth - 2 * kFigureMargin - 40);
  const bool all_equal = moments.deviation == 0;
  const HistogramBins bins = BinnedValues(plot.nulls, pixel * (all_equal ? 6 : kNarrowestBar));

  Figure figure(plot.text);
  figure.Subtitle(Summary(plot, moments));
  const auto count = static_cast<std::int64_t>(plot.nulls.size());
  std::vector<LegendEntry> legend = {
      {Mark::kBlock, "ml-first ml-soft", fmt::format("null models ({})", CountText(count))}};
  if (count > 1) legend.push_back({Mark::kInterval, "ml-ink", "their mean ± standard deviation"});
  legend.push_back({Mark::kLine, "ml-second ml-thick", "observed"});
  figure.AddLegend(std::move(legend));
  const int highest = *std::max_element(bins.counts.begin(), bins.counts.end());
  const PanelStack panels(
      figure.left(), figure.right(), figure.top(), {plot.measure, x_range},
      {{"number of null models", {0, highest * kHeight / (kHeight - kHeadroom)}, false, true, kHeight}});
  SvgWriter& svg = figure.drawing();
  panels.DrawAxes(svg);
  for (std::size_t i = 0; i < bins.counts.size(); ++i) {
    const double left = panels.x()(bins.low + bins.width * static_cast<double>(i));
    const double width = panels.x()(bins.low + bins.width * static_cast<double>(i + 1)) - left;
    const double top = panels.y(0)(bins.counts[i]);
    if (bins.counts[i] == 0) continue;
    const double gap = width > 4 ? 0.5 : 0;
    svg.Rectangle(
        left + gap, top, width - 2 * gap, panels.box(0).bottom - top, "ml-count ml-first ml-fill ml-soft",
        fmt::format("{} from {} to {}", bins.counts[i], ValueText(bins.low + bins.width * static_cast<double>(i)),
                    ValueText(bins.low + bins.width * static_cast<double>(i + 1))));
  }
  if (count > 1) DrawInterval(svg, panels, moments);
  DrawObserved(svg, panels, plot);
  if (all_equal && plot.nulls.size() > 1) figure.Remark("All null models have the same value.");
  return figure.Document(panels.bottom(), fmt::format("A histogram of {} null models beside the observed value: {}.",
                                                      CountText(count), Summary(plot, moments)));
}

}  // namespace modlab::client::plots
