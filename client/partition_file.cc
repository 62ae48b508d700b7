#include "client/partition_file.h"

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

[[noreturn]] void Refuse(const std::string& path, const std::string& why) {
  throw UsageError(fmt::format("{} is not a partition: {}", path, why));
}

/// `place` and `number` say where the value stands: `line`, 3.
std::int32_t ToLabel(std::int64_t value, const std::string& path, std::string_view place, std::size_t number) {
  if (value < -1 || value > std::numeric_limits<std::int32_t>::max()) {
    Refuse(path, fmt::format("{} {}: {} is no cluster; write 0 or more, or -1 for units in no cluster", place, number,
                             value));
  }
  return static_cast<std::int32_t>(value);
}

/// The value of `'key': ` in a header, up to `end`.
std::string_view HeaderValue(std::string_view header, std::string_view key, char end) {
  const std::size_t found = header.find(fmt::format("'{}': ", key));
  if (found == std::string_view::npos) return {};
  header.remove_prefix(found + key.size() + 4);
  return header.substr(0, header.find(end) == std::string_view::npos ? 0 : header.find(end) + 1);
}

template <typename Element>
std::vector<std::int32_t> ToLabels(std::string_view bytes, const std::string& path) {
  std::vector<std::int32_t> labels(bytes.size() / sizeof(Element));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    Element value;
    std::memcpy(&value, bytes.data() + i * sizeof(Element), sizeof(Element));
    labels[i] = ToLabel(static_cast<std::int64_t>(value), path, "index", i);
  }
  return labels;
}

/// NumPy's format, versions 1 to 3.
std::vector<std::int32_t> FromNumpy(std::string_view bytes, const std::string& path) {
  const std::size_t length_bytes = bytes.size() > 6 && bytes[6] == 1 ? 2 : 4;
  const std::size_t header_at = 8 + length_bytes;
  if (bytes.size() < header_at) Refuse(path, "it ends within its header");
  std::size_t header_size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    header_size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
  }
  if (bytes.size() - header_at < header_size) Refuse(path, "it ends within its header");
  const std::string_view header = bytes.substr(header_at, header_size);
  const std::string_view data = bytes.substr(header_at + header_size);

  const std::string_view shape = HeaderValue(header, "shape", ')');  // `(12,)`
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(shape.data() + (shape.empty() ? 0 : 1), shape.data() + shape.size(), count);
  if (shape.empty() || error != std::errc() || std::string_view(end, shape.data() + shape.size() - end) != ",)") {
    Refuse(path, "its array does not have one dimension");
  }
  const std::string_view quoted = header.substr(std::min(header.find("'descr': '") + 10, header.size()));
  const std::string_view type = quoted.substr(0, quoted.find('\''));
  const auto labels = [&](auto element) {
    if (data.size() != count * sizeof(element)) Refuse(path, "its size is not that of its array");
    return ToLabels<decltype(element)>(data, path);
  };
  if (type == "<i8") return labels(std::int64_t{});
  if (type == "<i4") return labels(std::int32_t{});
  if (type == "<i2") return labels(std::int16_t{});
  if (type == "|i1") return labels(std::int8_t{});
  if (type == "|u1") return labels(std::uint8_t{});
  if (type == "<u2") return labels(std::uint16_t{});
  if (type == "<u4") return labels(std::uint32_t{});
  Refuse(path, fmt::format("its array is of type '{}'; save whole numbers, as by labels.astype('int32')",
                           Shortened(Printable(type), 16)));
}

std::vector<std::int32_t> FromText(std::string_view text, const std::string& path) {
  std::vector<std::int32_t> labels;
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
        Refuse(path, fmt::format("line {}: '{}' is not a whole number", line, Shortened(Printable(word), 32)));
      }
      labels.push_back(ToLabel(value, path, "line", line));
      at += word.size();
    }
  }
  return labels;
}

}  // namespace

std::vector<std::int32_t> ReadPartitionFile(const std::string& path) {
  const LocalFile file(path);
  if (file.size() > kLargestFile) Refuse(path, fmt::format("it is larger than {}", SizeText(kLargestFile)));
  const std::string bytes = file.Read(0, file.size());
  const bool is_numpy = std::string_view(bytes).substr(0, kNumpyMagic.size()) == kNumpyMagic;
  std::vector<std::int32_t> labels = is_numpy ? FromNumpy(bytes, path) : FromText(bytes, path);
  if (labels.empty()) Refuse(path, "it has no labels");
  return labels;
}

}  // namespace modlab::client
