#pragma once

#include <vector>

#include "client/plots/point.h"

namespace modlab::client::plots {

/// Two points that pull each other.
struct Spring {
  int first = 0;
  int second = 0;
  double weight = 1;  ///< over 0
};

struct ForceLayoutInput {
  int points = 0;
  std::vector<Spring> springs;
  /// A cluster for each point, −1 for none: only where the points start from.
  std::vector<int> labels;
};

/// Places for the points in which what is densely joined lies together and apart from the rest; the whole is about 1
/// wide.
///
/// Near Noack's LinLog model with edge repulsion ("Modularity clustering is force-directed layout", Physical Review E
/// 79, 2009), whose best layouts separate the very clusters that have a high modularity: springs pull with a force that
/// hardly grows with their length, any two points push each other by the product of their degrees over their distance,
/// and a weak pull to the middle keeps unconnected parts together. A step takes about n log n; the same input gives the
/// same places.
std::vector<Point> ForceLayout(const ForceLayoutInput& input);

/// Moves points apart until the middles of any two are `distance` away from each other, or nearly so.
void PushApart(std::vector<Point>& points, double distance);

}  // namespace modlab::client::plots
