#pragma once

namespace modlab::client::plots {

/// A place in the plane, or a way between two.
struct Point {
  double x = 0;
  double y = 0;
};

}  // namespace modlab::client::plots
