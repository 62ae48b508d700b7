#include "client/integer_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "client/errors.h"
#include "client/local_file.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr std::int64_t kLargestFile = 64 << 20;
constexpr std::string_view kNumpyMagic = "\x93NUMPY";

/// What the numbers are to be.
struct Expected {
  std::string_view what;
  std::int64_t least;
  std::int64_t most;
  std::string_view advice;  ///< On a number that is less or more.
  bool one_dimension;
};

constexpr Expected kPartition = {"a partition", -1, std::numeric_limits<std::int32_t>::max(),
                                 "is no cluster; write 0 or more, or -1 for units in no cluster", true};
constexpr Expected kMask = {"a mask", 0, 1, "is neither 1, for what is trained, nor 0, for what stays", false};

struct Source {
  const std::string& path;
  const Expected& expected;

  [[noreturn]] void Refuse(const std::string& why) const {
    throw UsageError(fmt::format("{} is not {}: {}", path, expected.what, why));
  }
  /// `place` and `number` say where the value stands: `line`, 3.
  std::int32_t Check(std::int64_t value, std::string_view place, std::size_t number) const {
    if (value < expected.least || value > expected.most) {
      Refuse(fmt::format("{} {}: {} {}", place, number, value, expected.advice));
    }
    return static_cast<std::int32_t>(value);
  }
};

/// The value of `'key': ` in a header, up to `end`.
std::string_view HeaderValue(std::string_view header, std::string_view key, char end) {
  const std::size_t found = header.find(fmt::format("'{}': ", key));
  if (found == std::string_view::npos) return {};
  header.remove_prefix(found + key.size() + 4);
  return header.substr(0, header.find(end) == std::string_view::npos ? 0 : header.find(end) + 1);
}

template <typename Element>
std::vector<std::int32_t> ToIntegers(std::string_view bytes, const Source& source) {
  std::vector<std::int32_t> integers(bytes.size() / sizeof(Element));
  for (std::size_t i = 0; i < integers.size(); ++i) {
    Element value;
    std::memcpy(&value, bytes.data() + i * sizeof(Element), sizeof(Element));
    integers[i] = source.Check(static_cast<std::int64_t>(value), "index", i);
  }
  return integers;
}

/// The number of elements of an array of shape `(12,)` or `(3, 4)`, at most as many as there are bytes; nothing where
/// it is none.
std::optional<std::size_t> CountElements(std::string_view shape, bool one_dimension, std::size_t bytes) {
  if (shape.size() < 2 || shape.front() != '(' || shape.back() != ')') return std::nullopt;
  shape = shape.substr(1, shape.size() - 2);
  std::size_t count = 1;
  int dimensions = 0;
  while (!shape.empty()) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(shape.data(), shape.data() + shape.size(), size);
    if (error != std::errc() || size > bytes || (count *= size) > bytes) return std::nullopt;
    shape.remove_prefix(static_cast<std::size_t>(end - shape.data()));
    if (shape.empty() && dimensions == 0) return std::nullopt;  // `(12)`
    while (!shape.empty() && (shape.front() == ',' || shape.front() == ' ')) shape.remove_prefix(1);
    ++dimensions;
  }
  if (dimensions == 0 || (one_dimension && dimensions > 1)) return std::nullopt;
  return count;
}

/// NumPy's format, versions 1 to 3.
std::vector<std::int32_t> FromNumpy(std::string_view bytes, const Source& source) {
  const std::size_t length_bytes = bytes.size() > 6 && bytes[6] == 1 ? 2 : 4;
  const std::size_t header_at = 8 + length_bytes;
  if (bytes.size() < header_at) source.Refuse("it ends within its header");
  std::size_t header_size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    header_size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
  }
  if (bytes.size() - header_at < header_size) source.Refuse("it ends within its header");
  const std::string_view header = bytes.substr(header_at, header_size);
  const std::string_view data = bytes.substr(header_at + header_size);

  const std::string_view shape = HeaderValue(header, "shape", ')');  // `(12,)`
  const std::optional<std::size_t> count = CountElements(shape, source.expected.one_dimension, bytes.size());
  if (!count) source.Refuse(source.expected.one_dimension ? "its array does not have one dimension" : "it is no array");
  if (!source.expected.one_dimension && HeaderValue(header, "fortran_order", ',') == "True,") {
    source.Refuse("its array is in Fortran's order; save numpy.ascontiguousarray of it");
  }
  const std::string_view quoted = header.substr(std::min(header.find("'descr': '") + 10, header.size()));
  const std::string_view type = quoted.substr(0, quoted.find('\''));
  const auto integers = [&](auto element) {
    if (data.size() != *count * sizeof(element)) source.Refuse("its size is not that of its array");
    return ToIntegers<decltype(element)>(data, source);
  };
  if (type == "<i8") return integers(std::int64_t{});
  if (type == "<i4") return integers(std::int32_t{});
  if (type == "<i2") return integers(std::int16_t{});
  if (type == "|i1") return integers(std::int8_t{});
  if (type == "|u1" || (type == "|b1" && !source.expected.one_dimension)) return integers(std::uint8_t{});
  if (type == "<u2") return integers(std::uint16_t{});
  if (type == "<u4") return integers(std::uint32_t{});
  source.Refuse(fmt::format("its array is of type '{}'; save whole numbers, as by array.astype('int32')",
                            Shortened(Printable(type), 16)));
}

std::vector<std::int32_t> FromText(std::string_view text, const Source& source) {
  std::vector<std::int32_t> integers;
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (std::strchr(" \t\r\n,;", c) != nullptr) {
      ++at;
    } else {
      const std::string_view word = text.substr(at, text.find_first_of(" \t\r\n,;#", at) - at);
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end != word.data() + word.size()) {
        source.Refuse(fmt::format("line {}: '{}' is not a whole number", line, Shortened(Printable(word), 32)));
      }
      integers.push_back(source.Check(value, "line", line));
      at += word.size();
    }
  }
  return integers;
}

std::vector<std::int32_t> Read(const std::string& path, const Expected& expected) {
  const Source source = {path, expected};
  const LocalFile file(path);
  if (file.size() > kLargestFile) source.Refuse(fmt::format("it is larger than {}", SizeText(kLargestFile)));
  const std::string bytes = file.Read(0, file.size());
  const bool is_numpy = std::string_view(bytes).substr(0, kNumpyMagic.size()) == kNumpyMagic;
  std::vector<std::int32_t> integers = is_numpy ? FromNumpy(bytes, source) : FromText(bytes, source);
  if (integers.empty()) source.Refuse("it has no numbers");
  return integers;
}

}  // namespace

std::vector<std::int32_t> ReadPartitionFile(const std::string& path) { return Read(path, kPartition); }

std::vector<std::int32_t> ReadMaskFile(const std::string& path) { return Read(path, kMask); }

}  // namespace modlab::client
