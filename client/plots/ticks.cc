#include "client/plots/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/plots/number_text.h"

namespace modlab::client::plots {
namespace {

double NiceStep(double width, int most) {
  const double least = std::max(width, kLeastDrawn) / std::max(most - 1, 1);
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::vector<Tick> TicksAt(Range range, double step) {
  const double exponent = std::floor(std::log10(step) + 1e-9);
  const int decimals = static_cast<int>(std::max(0.0, -exponent));
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  std::vector<Tick> ticks;
  for (double i = std::ceil(range.low / step - 1e-9); i * step <= range.high + step * 1e-9; ++i) {
    const double value = i * step;
    const bool plain = largest < 1e7 && decimals <= 5;
    std::string label = plain ? DecimalText(value, decimals) : ValueText(i == 0 ? 0 : value, 6);
    if (plain && largest >= 1e4 && decimals == 0) label = CountText(std::llround(value));
    ticks.push_back({value, std::move(label)});
  }
  return ticks;
}

std::string LogarithmicLabel(double mantissa, int exponent) {
  if (exponent >= -4 && exponent <= 4) return DecimalText(mantissa * std::pow(10, exponent), std::max(0, -exponent));
  return mantissa == 1 ? PowerOfTenText(exponent) : fmt::format("{}×{}", mantissa, PowerOfTenText(exponent));
}

}  // namespace

Range RangeOf(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double size = std::max(std::abs(*least), std::abs(*most));
  if (size < kLeastDrawn) return {-0.5, 0.5};
  // What differs by rounding only would be drawn as noise.
  if (*most - *least > size * 1e-9) return {*least, *most};
  const double half = size * 0.1;
  return {*least - half, *most + half};
}

Range Padded(Range range, double share) {
  const double more = (range.high - range.low) * share;
  return {range.low - more, range.high + more};
}

Range PaddedByFactor(Range range, double share) {
  // Not of their quotient, which may be more than a double holds.
  const double factor = std::exp((std::log(range.high) - std::log(range.low)) * share);
  return {range.low / factor, range.high * factor};
}

Range ToWholeSteps(Range range, int most) {
  const double step = NiceStep(range.high - range.low, most);
  return {std::floor(range.low / step + 1e-9) * step, std::ceil(range.high / step - 1e-9) * step};
}

std::vector<Tick> LinearTicks(Range range, int most) { return TicksAt(range, NiceStep(range.high - range.low, most)); }

std::vector<Tick> IntegerTicks(Range range, int most) {
  return TicksAt(range, std::max(1.0, NiceStep(range.high - range.low, most)));
}

std::vector<Tick> LogarithmicTicks(Range range, int most) {
  const double low = std::log10(range.low);
  const double high = std::log10(range.high);
  if (high - low < 0.5) return LinearTicks(range, most);
  const bool with_mantissas = (high - low) * 3 <= most;
  const int every = std::max(1, static_cast<int>(std::ceil((high - low) / most)));
  std::vector<Tick> ticks;
  for (int exponent = static_cast<int>(std::floor(low)); exponent <= static_cast<int>(std::ceil(high)); ++exponent) {
    for (int mantissa = 1; mantissa <= 9; ++mantissa) {
      const double value = mantissa * std::pow(10, exponent);
      if (std::log10(value) < low - 1e-9 || std::log10(value) > high + 1e-9) continue;
      const bool labelled = mantissa == 1 ? exponent % every == 0 : with_mantissas && (mantissa == 2 || mantissa == 5);
      if (!labelled && (every > 1 || high - low > 6)) continue;
      ticks.push_back({value, labelled ? LogarithmicLabel(mantissa, exponent) : ""});
    }
  }
  return ticks;
}

}  // namespace modlab::client::plots
