#include "client/plots/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace modlab::client::plots {
namespace {

constexpr std::array<std::string_view, 10> kSuperscripts = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
constexpr std::array<std::string_view, 10> kSubscripts = {"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};

std::string Superscript(int number) {
  std::string text;
  for (const char character : fmt::format("{}", number)) {
    text += character == '-' ? "⁻" : kSuperscripts[static_cast<std::size_t>(character - '0')];
  }
  return text;
}

void TrimZeros(std::string& digits) {
  if (digits.find('.') == std::string::npos) return;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
}

std::string WithTrueMinus(std::string digits) {
  if (!digits.starts_with('-')) return digits;
  const bool is_zero = digits.find_first_not_of("-0.") == std::string::npos;
  return fmt::format("{}{}", is_zero ? "" : "−", std::string_view(digits).substr(1));
}

}  // namespace

std::string CountText(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  const std::ptrdiff_t first = count < 0 ? 1 : 0;
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > first; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return WithTrueMinus(std::move(digits));
}

std::string ValueText(double value, int digits) {
  const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
  const std::size_t e = scientific.find('e');
  const int exponent = std::stoi(scientific.substr(e + 1));
  if (value != 0 && (exponent < -4 || exponent > 6)) {
    std::string mantissa = scientific.substr(0, e);
    TrimZeros(mantissa);
    return fmt::format("{}×{}", WithTrueMinus(std::move(mantissa)), PowerOfTenText(exponent));
  }
  std::string text = fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
  TrimZeros(text);
  return WithTrueMinus(std::move(text));
}

std::string DecimalText(double value, int decimals) { return WithTrueMinus(fmt::format("{:.{}f}", value, decimals)); }

std::string SubscriptText(int number) {
  std::string text;
  for (const char digit : fmt::format("{}", number)) text += kSubscripts[static_cast<std::size_t>(digit - '0')];
  return text;
}

std::string PowerOfTenText(int exponent) { return fmt::format("10{}", Superscript(exponent)); }

}  // namespace modlab::client::plots
