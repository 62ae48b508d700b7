#include "client/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "client/errors.h"

namespace modlab::client {
namespace {

/// Takes a plain decimal number (`12`, `1.5`) off the front of `text`.
std::optional<double> TakeNumber(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + length, number, std::chars_format::fixed);
  if (length == 0 || error != std::errc{} || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

/// Takes letters off the front of `text`.
std::string_view TakeLetters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] | 0x20) >= 'a' && (text[length] | 0x20) <= 'z')) ++length;
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

using Unit = std::pair<std::string_view, double>;

template <std::size_t kCount>
std::optional<std::size_t> FindUnit(const std::array<Unit, kCount>& units, std::string_view name) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (units.at(i).first == name) return i;
  }
  return std::nullopt;
}

constexpr std::array<Unit, 4> kTimeUnits = {{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
constexpr double kKilo = 1000;
constexpr double kKibi = 1024;
constexpr std::array<Unit, 10> kSizeUnits = {{{"", 1},
                                              {"B", 1},
                                              {"KB", kKilo},
                                              {"MB", kKilo* kKilo},
                                              {"GB", kKilo* kKilo* kKilo},
                                              {"TB", kKilo* kKilo* kKilo* kKilo},
                                              {"KiB", kKibi},
                                              {"MiB", kKibi* kKibi},
                                              {"GiB", kKibi* kKibi* kKibi},
                                              {"TiB", kKibi* kKibi* kKibi* kKibi}}};

/// The sum in seconds, or nothing if `text` is not of the form.
std::optional<double> SumDuration(std::string_view text) {
  double seconds = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::optional<double> number = TakeNumber(text);
    const std::optional<std::size_t> unit = FindUnit(kTimeUnits, TakeLetters(text));
    if (!number || !unit || *unit < next_unit) return std::nullopt;
    seconds += *number * kTimeUnits.at(*unit).second;
    next_unit = *unit + 1;
  }
  return seconds;
}

std::optional<std::vector<std::int32_t>> SplitNumbers(std::string_view text) {
  std::vector<std::int32_t> numbers;
  const char* position = text.data();
  const char* const end = text.data() + text.size();
  while (true) {
    std::int32_t number = 0;
    const auto [rest, error] = std::from_chars(position, end, number);
    if (error != std::errc{}) return std::nullopt;
    numbers.push_back(number);
    if (rest == end) return numbers;
    if (*rest != ',' && *rest != 'x') return std::nullopt;
    position = rest + 1;
  }
}

}  // namespace

google::protobuf::Duration ParseDuration(std::string_view text) {
  const std::optional<double> seconds = SumDuration(text);
  constexpr double longest = 10.0 * 365 * 86400;
  if (!seconds || !(*seconds > 0) || *seconds > longest) {
    throw UsageError(fmt::format("'{}' is not a duration; write 90s, 5m, 2h or 1h30m, say", text));
  }
  google::protobuf::Duration duration;
  const double whole = std::floor(*seconds);
  duration.set_seconds(static_cast<std::int64_t>(whole));
  duration.set_nanos(static_cast<std::int32_t>(std::floor((*seconds - whole) * 1e9)));
  return duration;
}

std::int64_t ParseSize(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = TakeNumber(rest);
  const std::optional<std::size_t> unit = FindUnit(kSizeUnits, TakeLetters(rest));
  const double bytes = number && unit ? *number * kSizeUnits.at(*unit).second : 0;
  if (!rest.empty() || bytes < 1 || bytes > static_cast<double>(std::numeric_limits<std::int64_t>::max()) / 2) {
    throw UsageError(fmt::format("'{}' is not a size; write 512MiB, 4GiB or a number of bytes, say", text));
  }
  return static_cast<std::int64_t>(bytes);
}

v1::InputShape ParseInputShape(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::optional<std::vector<std::int32_t>> dimensions = SplitNumbers(text.substr(0, colon));
  v1::InputShape shape;
  if (dimensions) shape.mutable_dimensions()->Add(dimensions->begin(), dimensions->end());
  for (const std::int32_t dimension : shape.dimensions()) {
    if (dimension < 1) shape.Clear();
  }
  if (shape.dimensions().empty()) {
    throw UsageError(fmt::format(
        "'{}' is not a shape; write the dimensions of one input tensor, the batch's first: 1,28,28, say, and the type "
        "where it is not that of the weights: 1,16:int64",
        text));
  }
  if (colon != std::string_view::npos) shape.set_dtype(std::string(text.substr(colon + 1)));
  return shape;
}

std::map<std::string, std::string> ParseLabels(const std::vector<std::string>& labels) {
  std::map<std::string, std::string> parsed;
  for (const std::string& label : labels) {
    const std::size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("'{}' is not a label; write key=value", label));
    }
    const std::string key = label.substr(0, equals);
    if (!parsed.emplace(key, label.substr(equals + 1)).second) {
      throw UsageError(fmt::format("label '{}' is given twice", key));
    }
  }
  return parsed;
}

}  // namespace modlab::client
