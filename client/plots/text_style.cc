#include "client/plots/text_style.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "client/plots/utf8.h"

namespace modlab::client::plots {
namespace {

// Advances of DejaVu Sans for U+0020 to U+007E, in hundredths of the font's size.
constexpr std::array<int, 95> kAdvances = {32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36,  32, 34, 64, 64, 64,
                                           64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63,
                                           58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63,  61, 73, 68, 99, 69,
                                           61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35,  63, 63, 28, 28, 58,
                                           28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59,  52, 64, 34, 64, 84};
constexpr double kBold = 1.13;

double AdvanceOf(char32_t code_point) {
  if (code_point >= 0x20 && code_point <= 0x7E) return kAdvances[code_point - 0x20] / 100.0;
  if (code_point == U'·') return 0.32;
  if (code_point == U'…') return 1;
  if (code_point == U'×' || code_point == U'±' || code_point == U'−') return 0.84;
  if (code_point >= 0x1100) return code_point < 0x2E80 ? 0.84 : 1.05;  // mostly symbols, then mostly wide
  return code_point < 0x400 ? 0.7 : 0.9;
}

double WidthOf(const std::vector<char32_t>& code_points, TextStyle style) {
  double width = 0;
  for (const char32_t code_point : code_points) width += AdvanceOf(code_point);
  const bool bold = style == TextStyle::kTitle || style == TextStyle::kStrong;
  return width * TextSize(style) * (bold ? kBold : 1);
}

std::string Utf8(const std::vector<char32_t>& code_points) {
  std::string text;
  for (const char32_t code_point : code_points) AppendUtf8(code_point, text);
  return text;
}

/// The words of a text; one that is wider than `width` is cut into several.
std::vector<std::string> WordsOf(std::string_view text, TextStyle style, double width) {
  std::vector<std::string> words;
  std::vector<char32_t> word;
  const auto end = [&] {
    if (!word.empty()) words.push_back(Utf8(word));
    word.clear();
  };
  for (const char32_t code_point : ShownCodePoints(text)) {
    if (code_point == ' ') {
      end();
      continue;
    }
    word.push_back(code_point);
    if (word.size() > 1 && WidthOf(word, style) > width) {
      word.pop_back();
      end();
      word.push_back(code_point);
    }
  }
  end();
  return words;
}

}  // namespace

std::string_view TextClass(TextStyle style) {
  switch (style) {
    case TextStyle::kTitle:
      return "ml-title";
    case TextStyle::kSubtitle:
      return "ml-subtitle";
    case TextStyle::kLabel:
      return "ml-label";
    case TextStyle::kStrong:
      return "ml-strong";
    case TextStyle::kTick:
      return "ml-tick";
    case TextStyle::kCaption:
      return "ml-caption";
  }
  return "";
}

double TextSize(TextStyle style) {
  switch (style) {
    case TextStyle::kTitle:
      return 16;
    case TextStyle::kSubtitle:
      return 12.5;
    case TextStyle::kLabel:
    case TextStyle::kStrong:
      return 12;
    case TextStyle::kTick:
      return 11;
    case TextStyle::kCaption:
      return 11.5;
  }
  return 12;
}

double TextWidth(std::string_view text, TextStyle style) { return WidthOf(ShownCodePoints(text), style); }

std::vector<std::string> WrappedText(std::string_view text, TextStyle style, double width, int most_lines) {
  std::vector<std::string> lines;
  for (const std::string& word : WordsOf(text, style, width)) {
    if (!lines.empty() && TextWidth(lines.back() + ' ' + word, style) <= width) {
      lines.back() += ' ' + word;
    } else {
      lines.push_back(word);
    }
  }
  if (lines.size() > static_cast<std::size_t>(most_lines)) {
    lines.resize(static_cast<std::size_t>(most_lines));
    const double room = width - TextWidth("…", style);
    if (TextWidth(lines.back(), style) > room) lines.back() = FittedText(lines.back(), style, room);
    if (!lines.back().ends_with("…")) lines.back() += "…";
  }
  return lines;
}

std::string FittedText(std::string_view text, TextStyle style, double width) {
  std::vector<char32_t> code_points = ShownCodePoints(text);
  if (WidthOf(code_points, style) <= width) return Utf8(code_points);
  code_points.push_back(U'…');
  while (code_points.size() > 1 && WidthOf(code_points, style) > width) code_points.erase(code_points.end() - 2);
  return Utf8(code_points);
}

std::string FittedInFront(std::string_view text, TextStyle style, double width) {
  std::vector<char32_t> code_points = ShownCodePoints(text);
  if (WidthOf(code_points, style) <= width) return Utf8(code_points);
  // Names are short; what is longer has to lose most of itself anyway.
  if (code_points.size() > 400) code_points.erase(code_points.begin(), code_points.end() - 400);
  code_points.insert(code_points.begin(), U'…');
  const auto may_go_on = [&] { return code_points.size() > 1 && WidthOf(code_points, style) > width; };
  while (may_go_on()) code_points.erase(code_points.begin() + 1);
  // Nothing is gained by a separator behind the dots.
  while (code_points.size() > 1 && (code_points[1] == '.' || code_points[1] == ' ')) {
    code_points.erase(code_points.begin() + 1);
  }
  return Utf8(code_points);
}

}  // namespace modlab::client::plots
