#include "core/shown_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>

namespace modlab {
namespace {

/// Bytes of the character that `text` starts with; 0 where it is none that may be shown.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return 0;
  uint32_t character = first & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    character = character << 6 | (byte(i) & 0x3f);
  }
  const uint32_t least[] = {0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  // U+0080 to U+009F are control characters, U+202A to U+202E and U+2066 to U+2069 turn a line's direction around.
  const bool control =
      character < 0xa0 || (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
  return character < least[bytes - 2] || character > 0x10ffff || surrogate || control ? 0 : bytes;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  constexpr size_t longest = 64;
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Shown(std::string_view text, size_t max_bytes) {
  std::string shown;
  size_t i = 0;
  while (i < text.size() && i < max_bytes) {
    const size_t bytes = CharacterBytes(text.substr(i));
    if (bytes == 0) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[i])));
      shown += escaped;
      ++i;
    } else {
      if (i + bytes > max_bytes) break;
      shown += text.substr(i, bytes);
      i += bytes;
    }
  }
  return i < text.size() ? shown + "..." : shown;
}

std::string Quoted(std::string_view text, size_t max_bytes) { return '"' + Shown(text, max_bytes) + '"'; }

std::string NearNames(std::string_view wanted, const std::vector<std::string>& names) {
  if (names.empty()) return "nothing";
  constexpr size_t most_compared = 1000;
  constexpr size_t most_shown = 5;
  std::vector<std::pair<size_t, size_t>> order;  // distance, place
  for (size_t i = 0; i < std::min(names.size(), most_compared); ++i) {
    order.emplace_back(EditDistance(wanted, names[i]), i);
  }
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), most_shown));
  std::string text;
  for (const auto& [distance, place] : order) text += (text.empty() ? "" : ", ") + Quoted(names[place]);
  const size_t rest = names.size() - order.size();
  return rest == 0 ? text : text + " and " + std::to_string(rest) + " more";
}

}  // namespace modlab
