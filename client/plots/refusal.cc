#include "client/plots/refusal.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace modlab::client::plots {
namespace {

constexpr double kLargest = 1e100;

}  // namespace

void Require(bool condition, std::string_view message) {
  if (!condition) throw std::invalid_argument(std::string(message));
}

void RequireDrawable(double value, std::string_view what) {
  if (!std::isfinite(value)) throw std::invalid_argument(fmt::format("{} is not finite", what));
  if (std::abs(value) > kLargest) throw std::invalid_argument(fmt::format("{} is too large to draw", what));
}

void RequireDrawable(std::span<const double> values, std::string_view what) {
  for (std::size_t i = 0; i < values.size(); ++i) RequireDrawable(values[i], fmt::format("{}[{}]", what, i));
}

}  // namespace modlab::client::plots
