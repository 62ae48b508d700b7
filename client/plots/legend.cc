#include "client/plots/legend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace modlab::client::plots {
namespace {

constexpr double kDotRadius = 4.5;
constexpr double kTextGap = 6;
constexpr double kEntryGap = 18;

bool IsLine(Mark mark) { return mark == Mark::kLine || mark == Mark::kDashedLine || mark == Mark::kInterval; }

double MarkWidth(Mark mark) {
  if (mark == Mark::kNone) return 0;
  return IsLine(mark) ? 22 + kTextGap : 10 + kTextGap;
}

std::string Polygon(std::initializer_list<std::pair<double, double>> points) {
  std::string path;
  for (const auto& [x, y] : points) {
    path += fmt::format("{}{} {}", path.empty() ? 'M' : 'L', Coordinate(x), Coordinate(y));
  }
  return path + 'Z';
}

void DrawSample(SvgWriter& svg, const LegendEntry& entry, double x, double y) {
  const double end = x + MarkWidth(entry.mark) - kTextGap;
  const double middle = (x + end) / 2;
  if (entry.mark == Mark::kNone) return;
  if (entry.mark == Mark::kBlock) {
    svg.Rectangle(x, y - 5, 10, 10, entry.classes + " ml-fill");
  } else if (entry.mark == Mark::kLine || entry.mark == Mark::kDashedLine) {
    const char* const dashes = entry.mark == Mark::kDashedLine ? " ml-dashed" : "";
    svg.Line(x, y, end, y, fmt::format("{} ml-series{}", entry.classes, dashes));
  } else if (entry.mark == Mark::kInterval) {
    svg.Line(x, y, end, y, entry.classes + " ml-stroke ml-thick");
    svg.Circle(middle, y, 4, entry.classes + " ml-fill");
  } else {
    DrawMark(svg, entry.mark, middle, y, kDotRadius, entry.classes);
  }
}

}  // namespace

void DrawMark(SvgWriter& svg, Mark mark, double x, double y, double radius, std::string_view classes,
              std::string_view tooltip) {
  const bool hollow = mark == Mark::kHollowDot || mark == Mark::kHollowSquare || mark == Mark::kHollowTriangle;
  const std::string filled = fmt::format("{} {}", classes, hollow ? "ml-hollow" : "ml-fill");
  if (hollow) radius *= 0.85;  // the line is half outside
  if (mark == Mark::kSquare || mark == Mark::kHollowSquare) {
    const double half = radius * 0.9;
    svg.Rectangle(x - half, y - half, 2 * half, 2 * half, filled, tooltip);
  } else if (mark == Mark::kTriangle || mark == Mark::kHollowTriangle) {
    const double half = radius * 1.2;
    svg.Path(Polygon({{x - half, y + half * 0.72}, {x, y - half * 1.08}, {x + half, y + half * 0.72}}), filled,
             tooltip);
  } else {
    svg.Circle(x, y, radius, filled, tooltip);
  }
}

Legend::Legend(std::vector<LegendEntry> entries, double width) {
  double x = 0;
  for (LegendEntry& entry : entries) {
    const double mark = MarkWidth(entry.mark);
    entry.text = FittedText(entry.text, TextStyle::kTick, width - mark);
    const double needed = mark + TextWidth(entry.text, TextStyle::kTick);
    if (rows_ == 0 || x + needed > width) {
      ++rows_;
      x = 0;
    }
    placed_.push_back({std::move(entry), x, rows_ - 1});
    x += needed + kEntryGap;
  }
}

void Legend::Draw(SvgWriter& svg, double left, double top) const {
  for (const Placed& placed : placed_) {
    const double x = left + placed.x;
    const double y = top + (placed.row + 0.5) * kRow;
    DrawSample(svg, placed.entry, x, y);
    svg.Text({x + MarkWidth(placed.entry.mark), y + BaselineShift(TextStyle::kTick)}, TextStyle::kTick,
             placed.entry.text);
  }
}

}  // namespace modlab::client::plots
