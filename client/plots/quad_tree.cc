#include "client/plots/quad_tree.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace modlab::client::plots {
namespace {

constexpr int kMostDepth = 40;

}  // namespace

QuadTree::QuadTree(const std::vector<Point>& points, const std::vector<double>& masses) {
  Point low = points.front();
  Point high = low;
  for (const Point& point : points) {
    low = {std::min(low.x, point.x), std::min(low.y, point.y)};
    high = {std::max(high.x, point.x), std::max(high.y, point.y)};
  }
  Cell root;
  root.middle = {(low.x + high.x) / 2, (low.y + high.y) / 2};
  root.half = std::max({high.x - low.x, high.y - low.y, 1e-9}) / 2 * 1.001;
  cells_.reserve(points.size() * 3);
  cells_.push_back(root);
  for (std::size_t i = 0; i < points.size(); ++i) Insert(points[i], masses[i]);
}

std::size_t QuadTree::ChildFor(const Cell& cell, const Point& point) const {
  const std::size_t place = (point.x > cell.middle.x ? 1U : 0U) + (point.y > cell.middle.y ? 2U : 0U);
  return static_cast<std::size_t>(cell.first_child) + place;
}

void QuadTree::Split(std::size_t cell) {
  cells_[cell].first_child = static_cast<int>(cells_.size());
  for (int place = 0; place < 4; ++place) {
    Cell child;
    child.half = cells_[cell].half / 2;
    child.middle = {cells_[cell].middle.x + (place % 2 == 1 ? child.half : -child.half),
                    cells_[cell].middle.y + (place / 2 == 1 ? child.half : -child.half)};
    cells_.push_back(child);
  }
}

void QuadTree::Insert(const Point& point, double mass) {
  std::size_t at = 0;
  for (int depth = 0;; ++depth) {
    Cell& cell = cells_[at];
    const bool is_empty = cell.mass == 0;
    const bool is_leaf = cell.first_child < 0;
    const Point centre = cell.centre;
    const double before = cell.mass;
    cell.mass += mass;
    cell.centre = {(centre.x * before + point.x * mass) / cell.mass, (centre.y * before + point.y * mass) / cell.mass};
    if (is_empty || (is_leaf && depth >= kMostDepth)) return;
    if (is_leaf) {
      // What was here alone moves down first.
      Split(at);
      Cell& below = cells_[ChildFor(cells_[at], centre)];
      below.centre = centre;
      below.mass = before;
    }
    at = ChildFor(cells_[at], point);
  }
}

Point QuadTree::Push(const Point& place, double coarseness) const {
  Point push;
  std::array<std::size_t, 4 * kMostDepth + 8> waiting{};
  std::size_t count = 0;
  waiting[count++] = 0;
  while (count > 0) {
    const Cell& cell = cells_[waiting[--count]];
    if (cell.mass == 0) continue;
    const double dx = place.x - cell.centre.x;
    const double dy = place.y - cell.centre.y;
    const double squared = dx * dx + dy * dy;
    const double width = 2 * cell.half;
    if (cell.first_child < 0 || width * width < coarseness * coarseness * squared) {
      if (squared == 0) continue;
      push.x += cell.mass * dx / squared;
      push.y += cell.mass * dy / squared;
    } else {
      for (std::size_t child = 0; child < 4; ++child) {
        waiting[count++] = static_cast<std::size_t>(cell.first_child) + child;
      }
    }
  }
  return push;
}

}  // namespace modlab::client::plots
