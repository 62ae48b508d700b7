#include "client/plots/force_layout.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numbers>
#include <utility>

#include "client/plots/quad_tree.h"

namespace modlab::client::plots {
namespace {

constexpr int kSteps = 260;
constexpr double kCoarseness = 1.2;
constexpr double kGravity = 0.35;
constexpr double kFirstMove = 0.25;
constexpr double kLastMove = 0.0015;
constexpr double kPullExponent = 0.25;  // LinLog has 0, with which every leaf falls upon its neighbour
constexpr int kApartSteps = 80;

/// A linear congruential generator (Knuth's MMIX): the same on every platform, which the standard's distributions are
/// not.
class Generator {
 public:
  /// From −1 up to 1.
  double Next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11U) * 0x1p-52 - 1;
  }

 private:
  std::uint64_t state_ = 20090102;
};

double Length(const Point& point) { return std::hypot(point.x, point.y); }

/// Each cluster about a place on a circle, so that the steps need not untangle them.
std::vector<Point> StartingPoints(const ForceLayoutInput& input) {
  std::map<int, int> places;
  for (const int label : input.labels) places.emplace(label, 0);
  int place = 0;
  for (auto& [label, number] : places) number = place++;
  const double radius = places.size() > 1 ? 0.5 : 0;
  Generator random;
  std::vector<Point> points;
  for (const int label : input.labels) {
    const double angle = 2 * std::numbers::pi * places[label] / static_cast<double>(places.size());
    points.push_back({radius * std::cos(angle) + 0.3 * random.Next(), radius * std::sin(angle) + 0.3 * random.Next()});
  }
  return points;
}

class Minimiser {
 public:
  explicit Minimiser(const ForceLayoutInput& input)
      : springs_(input.springs), points_(StartingPoints(input)), masses_(points_.size(), 0), forces_(points_.size()) {
    double total = 0;
    for (const Spring& spring : springs_) {
      total += 2 * spring.weight;
      masses_[static_cast<std::size_t>(spring.first)] += spring.weight;
      masses_[static_cast<std::size_t>(spring.second)] += spring.weight;
    }
    // A share of the mean degree for everyone, so that what has hardly any weight keeps its distance too.
    const double floor = std::max(total, 1e-9) / static_cast<double>(points_.size()) * 0.3;
    for (double& mass : masses_) mass += floor;
    for (const double mass : masses_) total_mass_ += mass;
  }

  std::vector<Point> Run() {
    for (int step = 0; step < kSteps; ++step) {
      SumForces();
      Move(kFirstMove * std::pow(kLastMove / kFirstMove, static_cast<double>(step) / (kSteps - 1)));
    }
    return std::move(points_);
  }

 private:
  void SumForces() {
    const QuadTree tree(points_, masses_);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const Point push = tree.Push(points_[i], kCoarseness);
      const double share = masses_[i] / total_mass_;
      forces_[i] = {share * push.x - kGravity * masses_[i] * points_[i].x,
                    share * push.y - kGravity * masses_[i] * points_[i].y};
    }
    for (const Spring& spring : springs_) Pull(spring);
  }

  void Pull(const Spring& spring) {
    const auto first = static_cast<std::size_t>(spring.first);
    const auto second = static_cast<std::size_t>(spring.second);
    const Point way = {points_[second].x - points_[first].x, points_[second].y - points_[first].y};
    const double length = Length(way);
    if (length == 0) return;
    const double force = spring.weight * std::pow(length, kPullExponent - 1);
    forces_[first].x += force * way.x;
    forces_[first].y += force * way.y;
    forces_[second].x -= force * way.x;
    forces_[second].y -= force * way.y;
  }

  /// Down the gradient, per unit of mass, but never farther than `most`, which gets less from step to step.
  void Move(double most) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const Point way = {0.5 * forces_[i].x / masses_[i], 0.5 * forces_[i].y / masses_[i]};
      const double shorter = std::min(1.0, most / std::max(Length(way), 1e-12));
      points_[i] = {points_[i].x + shorter * way.x, points_[i].y + shorter * way.y};
    }
  }

  std::vector<Spring> springs_;
  std::vector<Point> points_;
  std::vector<double> masses_;
  std::vector<Point> forces_;
  double total_mass_ = 0;
};

/// The indices of points by squares as wide as the distance that matters.
class PointGrid {
 public:
  PointGrid(const std::vector<Point>& points, double width) : width_(width), low_(points.front()) {
    Point high = low_;
    for (const Point& point : points) {
      low_ = {std::min(low_.x, point.x), std::min(low_.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    columns_ = static_cast<std::size_t>((high.x - low_.x) / width_) + 3;
    cells_.resize(columns_ * (static_cast<std::size_t>((high.y - low_.y) / width_) + 3));
    for (std::size_t i = 0; i < points.size(); ++i) cells_[CellOf(points[i])].push_back(i);
  }

  /// Calls `take` with the points in the square of one that was given and in the eight about it.
  template <typename Take>
  void ForNeighbours(const Point& point, Take take) const {
    const std::size_t first = CellOf(point) - columns_ - 1;
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t column = 0; column < 3; ++column) {
        for (const std::size_t i : cells_[first + row * columns_ + column]) take(i);
      }
    }
  }

 private:
  std::size_t CellOf(const Point& point) const {
    const auto column = static_cast<std::size_t>((point.x - low_.x) / width_) + 1;
    const auto row = static_cast<std::size_t>((point.y - low_.y) / width_) + 1;
    return row * columns_ + column;
  }

  double width_;
  Point low_;
  std::size_t columns_ = 0;
  std::vector<std::vector<std::size_t>> cells_;
};

}  // namespace

std::vector<Point> ForceLayout(const ForceLayoutInput& input) {
  if (input.points == 0) return {};
  return Minimiser(input).Run();
}

void PushApart(std::vector<Point>& points, double distance) {
  Generator random;
  for (int step = 0; step < kApartSteps; ++step) {
    const PointGrid grid(points, distance);
    std::vector<Point> moves(points.size());
    bool moved = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
      grid.ForNeighbours(points[i], [&](std::size_t j) {
        if (j <= i) return;
        Point way = {points[j].x - points[i].x, points[j].y - points[i].y};
        double length = Length(way);
        if (length >= distance * 0.98) return;
        if (length < distance * 1e-3) {
          way = {random.Next(), random.Next() + 1e-3};
          length = Length(way);
        }
        const double half = (distance - std::min(length, distance)) / length / 2 * 0.8;
        moves[i] = {moves[i].x - half * way.x, moves[i].y - half * way.y};
        moves[j] = {moves[j].x + half * way.x, moves[j].y + half * way.y};
        moved = true;
      });
    }
    if (!moved) return;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double shorter = std::min(1.0, distance / std::max(Length(moves[i]), 1e-12));
      points[i] = {points[i].x + shorter * moves[i].x, points[i].y + shorter * moves[i].y};
    }
  }
}

}  // namespace modlab::client::plots
