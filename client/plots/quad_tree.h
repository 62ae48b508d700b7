#pragma once

#include <cstddef>
#include <vector>

#include "client/plots/point.h"

namespace modlab::client::plots {

/// Points with masses, arranged so that their pull on any place is summed up in about log(n) steps (Barnes and Hut
/// 1986).
class QuadTree {
 public:
  /// As many masses, over 0, as points; at least one.
  QuadTree(const std::vector<Point>& points, const std::vector<double>& masses);

  /// Σ m_i (place − p_i) / |place − p_i|²: the push away from all points with a force that falls as one over the
  /// distance. Cells whose width is below `coarseness` times their distance count as one point; those that are at
  /// `place` itself do not count.
  Point Push(const Point& place, double coarseness) const;

 private:
  struct Cell {
    Point middle;
    double half = 0;
    Point centre;  ///< of mass, once all points are in
    double mass = 0;
    int first_child = -1;  ///< of four in a row; −1: a leaf
  };

  void Insert(const Point& point, double mass);
  std::size_t ChildFor(const Cell& cell, const Point& point) const;
  void Split(std::size_t cell);

  std::vector<Cell> cells_;
};

}  // namespace modlab::client::plots
