#pragma once

#include <cstdint>
#include <string>

namespace modlab::client::plots {

/// `630,784`
std::string CountText(std::int64_t count);

/// Four significant digits (or as many as given) without trailing zeros, a true minus sign, and powers of ten for what
/// is very large or small: `0.4967`, `−1.5`, `2×10⁻⁷`. The same in every locale.
std::string ValueText(double value, int digits = 4);

/// With this many decimals, zeros kept, a true minus sign, never `−0`: what stands in a column or along an axis.
std::string DecimalText(double value, int decimals);

/// `₁₂`, of a number that is not negative.
std::string SubscriptText(int number);

/// `10⁻⁵`
std::string PowerOfTenText(int exponent);

}  // namespace modlab::client::plots
