#include "client/plots/series_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/plots/refusal.h"

namespace modlab::client::plots {
namespace {

constexpr std::size_t kMostDots = 60;

}  // namespace

void RequireValid(const Series& series) {
  const std::string what = fmt::format("series '{}'", series.name);
  Require(!series.x.empty(), what + " is empty");
  Require(series.x.size() == series.y.size(), what + " has not as many values as places");
  RequireDrawable(series.x, what + ", place");
  RequireDrawable(series.y, what + ", value");
  for (std::size_t i = 1; i < series.x.size(); ++i) {
    Require(series.x[i] > series.x[i - 1], fmt::format("{}: place {} is not after the one before", what, i));
  }
}

std::vector<Point> ThinnedPoints(const std::vector<Point>& points) {
  std::vector<Point> thinned;
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin + 1;
    while (end < points.size() && std::floor(points[end].x) == std::floor(points[begin].x)) ++end;
    const auto above = [&](std::size_t a, std::size_t b) { return points[a].y < points[b].y; };
    std::vector<std::size_t> kept = {begin, begin, begin, end - 1};
    for (std::size_t i = begin; i < end; ++i) {
      if (above(i, kept[1])) kept[1] = i;
      if (above(kept[2], i)) kept[2] = i;
    }
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    for (const std::size_t i : kept) thinned.push_back(points[i]);
    begin = end;
  }
  return thinned;
}

void DrawSeries(SvgWriter& svg, const Series& series, const Scale& x, const Scale& y, std::string_view classes) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < series.x.size(); ++i) points.push_back({x(series.x[i]), y(series.y[i])});
  std::string path;
  for (const Point& point : ThinnedPoints(points)) {
    path += fmt::format("{}{} {}", path.empty() ? 'M' : 'L', Coordinate(point.x), Coordinate(point.y));
  }
  const double width = points.back().x - points.front().x;
  const char* const dense = static_cast<double>(points.size()) > 2 * width ? " ml-dense" : "";
  if (points.size() > 1) svg.Path(path, fmt::format("{} ml-series{}", classes, dense));
  if (points.size() > kMostDots) return;
  for (const Point& point : points) svg.Circle(point.x, point.y, 2.4, fmt::format("{} ml-fill ml-point", classes));
}

}  // namespace modlab::client::plots
