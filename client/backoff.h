#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace modlab::client {

/// Waiting times between attempts: they double from `first` up to `longest`, each drawn from its upper half, so that
/// many clients that lost one server do not come back all at once.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest), current_(first), random_(std::random_device{}()) {}

  std::chrono::milliseconds Next() {
    std::uniform_real_distribution<double> jitter(0.5, 1.0);
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(current_ * jitter(random_));
    current_ = std::min(2 * current_, longest_);
    return wait;
  }

  /// After something worked: start from the beginning.
  void Reset() { current_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds current_;
  std::minstd_rand random_;
};

}  // namespace modlab::client
