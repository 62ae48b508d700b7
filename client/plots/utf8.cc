#include "client/plots/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace modlab::client::plots {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::array<char32_t, 5> kLeastOfLength = {0, 0, 0x80, 0x800, 0x10000};  // by bytes

struct Decoded {
  char32_t code_point = kReplacement;
  std::size_t bytes = 1;
};

/// The code point at the front. What is cut short, too long for its value, a surrogate or beyond U+10FFFF is one byte
/// of nothing.
Decoded DecodeFront(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  char32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  if (value < kLeastOfLength[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

char32_t Shown(char32_t value) {
  if (value == '\n' || value == '\r' || value == '\t') return ' ';
  const bool control = value < 0x20 || (value >= 0x7F && value < 0xA0);
  const bool turns_direction = value == 0x200E || value == 0x200F || (value >= 0x202A && value <= 0x202E) ||
                               (value >= 0x2066 && value <= 0x2069);
  const bool breaks_line = value == 0x2028 || value == 0x2029;
  const bool no_character = (value & 0xFFFEU) == 0xFFFE;
  return control || turns_direction || breaks_line || no_character ? kReplacement : value;
}

}  // namespace

std::vector<char32_t> ShownCodePoints(std::string_view text) {
  std::vector<char32_t> code_points;
  code_points.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = DecodeFront(text);
    code_points.push_back(Shown(decoded.code_point));
    text.remove_prefix(decoded.bytes);
  }
  return code_points;
}

void AppendUtf8(char32_t code_point, std::string& text) {
  const auto append = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80) {
    append(code_point);
  } else if (code_point < 0x800) {
    append(0xC0U | (code_point >> 6U));
    append(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    append(0xE0U | (code_point >> 12U));
    append(0x80U | ((code_point >> 6U) & 0x3FU));
    append(0x80U | (code_point & 0x3FU));
  } else {
    append(0xF0U | (code_point >> 18U));
    append(0x80U | ((code_point >> 12U) & 0x3FU));
    append(0x80U | ((code_point >> 6U) & 0x3FU));
    append(0x80U | (code_point & 0x3FU));
  }
}

}  // namespace modlab::client::plots
