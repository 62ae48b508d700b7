#pragma once

#include <span>
#include <string_view>

namespace modlab::client::plots {

/// Throws std::invalid_argument with this message unless the condition holds.
void Require(bool condition, std::string_view message);

/// Throws std::invalid_argument that names the value unless it is finite and of a magnitude that can be drawn (at most
/// 1e100, so that differences and sums stay finite too).
void RequireDrawable(double value, std::string_view what);
/// The same for each value, named with its position.
void RequireDrawable(std::span<const double> values, std::string_view what);

}  // namespace modlab::client::plots
