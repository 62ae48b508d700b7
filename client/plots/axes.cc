#include "client/plots/axes.h"

#include <algorithm>
#include <cmath>

namespace modlab::client::plots {
namespace {

constexpr double kLabelGap = 8;
constexpr double kTickLength = 4;

}  // namespace

Scale::Scale(Range range, double from, double to, bool logarithmic)
    : range_(range), from_(from), to_(to), logarithmic_(logarithmic) {}

double Scale::operator()(double value) const {
  const double share = logarithmic_
                           ? (std::log(value) - std::log(range_.low)) / (std::log(range_.high) - std::log(range_.low))
                           : (value - range_.low) / (range_.high - range_.low);
  return from_ + share * (to_ - from_);
}

double LeftAxisWidth(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, TextWidth(tick.label, TextStyle::kTick));
  return width + kLabelGap;
}

void DrawLeftAxis(SvgWriter& svg, const Box& box, const Scale& y, const std::vector<Tick>& ticks,
                  std::string_view title, double title_above) {
  for (const Tick& tick : ticks) {
    if (tick.label.empty()) continue;
    const double at = y(tick.value);
    svg.Line(box.left, at, box.right, at, "ml-grid");
    svg.Text({box.left - kLabelGap, at + BaselineShift(TextStyle::kTick), Anchor::kEnd}, TextStyle::kTick, tick.label);
  }
  svg.Text({box.left, box.top - title_above}, TextStyle::kLabel, title);
}

void DrawBottomAxis(SvgWriter& svg, const Box& box, const Scale& x, const std::vector<Tick>& ticks,
                    std::string_view title, bool with_labels) {
  svg.Line(box.left, box.bottom, box.right, box.bottom, "ml-axis");
  for (const Tick& tick : WithoutCollisions(ticks, x)) {
    const double at = x(tick.value);
    svg.Line(at, box.bottom, at, box.bottom + (tick.label.empty() ? kTickLength * 0.6 : kTickLength), "ml-axis");
    if (with_labels && !tick.label.empty()) {
      svg.Text({at, box.bottom + 17, Anchor::kMiddle}, TextStyle::kTick, tick.label);
    }
  }
  if (with_labels) svg.Text({(box.left + box.right) / 2, box.bottom + 37, Anchor::kMiddle}, TextStyle::kLabel, title);
}

std::vector<Tick> WithoutCollisions(std::vector<Tick> ticks, const Scale& x) {
  double free_from = -1e9;
  for (Tick& tick : ticks) {
    const double half = TextWidth(tick.label, TextStyle::kTick) / 2;
    if (tick.label.empty()) continue;
    if (x(tick.value) - half < free_from) {
      tick.label.clear();
    } else {
      free_from = x(tick.value) + half + 6;
    }
  }
  return ticks;
}

}  // namespace modlab::client::plots
