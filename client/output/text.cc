#include "client/output/text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <ctime>

namespace modlab::client {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  return length;
}

/// C0, DEL, and C1 (U+0080 to U+009F, which is 0xC2 and a byte below 0xA0 in UTF-8): what terminals act upon.
bool IsControl(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
  return lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || IsControl(sequence)) {
      safe += '?';
    } else {
      safe += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return safe;
}

std::string PrintableLines(std::string_view text) {
  constexpr std::string_view indent = "  ";
  std::size_t end = text.find('\n');
  std::string lines = Printable(text.substr(0, end));
  while (end != std::string_view::npos) {
    text.remove_prefix(end + 1);
    end = text.find('\n');
    lines += '\n';
    if (!text.starts_with(indent)) lines += indent;
    lines += Printable(text.substr(0, end));
  }
  return lines;
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  for (const char byte : text) width += IsContinuation(byte) ? 0 : 1;
  return width;
}

std::string Shortened(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (int column = 0; end < text.size(); ++end) {
    if (!IsContinuation(text[end]) && ++column == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string ShortenedInFront(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::size_t begin = text.size();
  for (int column = 1; begin > 0; --begin) {
    if (!IsContinuation(text[begin - 1]) && column++ == width) break;
  }
  while (begin < text.size() && IsContinuation(text[begin])) ++begin;
  return "…" + std::string(text.substr(begin));
}

std::string Lower(std::string text) {
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return text;
}

std::string SizeText(double bytes) {
  if (bytes < 1024) return fmt::format("{:.0f} bytes", bytes);
  constexpr std::array<const char*, 5> units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  for (bytes /= 1024; bytes >= 1024 && unit + 1 < units.size(); bytes /= 1024) ++unit;
  return fmt::format("{:.{}f} {}", bytes, bytes < 10 ? 1 : 0, units.at(unit));
}

std::string SecondsText(double seconds) {
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  const std::time_t seconds = time.seconds();
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
  return {text.data(), length};
}

std::string ShortDigest(std::string_view sha256) { return Printable(sha256.substr(0, 12)); }

std::string NumberText(double value) {
  if (value != 0 && std::abs(value) < 1e-4 && std::abs(value) > 1e-12) return fmt::format("{:.2g}", value);
  std::string text = fmt::format("{:.4f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace modlab::client
