#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset/content.h"

namespace modlab {

/// What a safetensors file says of one tensor.
struct SafetensorsEntry {
  std::string name;
  /// As the file has it (`F32`), and the type if it is one that an Array can have.
  std::string dtype;
  std::optional<ElementType> type;
  std::vector<int64_t> shape;
  /// Where it lies in the data, [begin, end).
  int64_t begin = 0;
  int64_t end = 0;
};

struct SafetensorsHeader {
  /// In the header's order.
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
  /// Where the data starts in the file.
  size_t data_offset = 0;
};

/// The largest header that is read, in bytes.
constexpr size_t kLongestSafetensorsHeader = 16 << 20;

/// `F32` for float32, ...
const char* SafetensorsTypeOf(ElementType type);

/// Whether it starts as a safetensors file does, whose header is shorter than 4 GiB.
bool IsSafetensors(Span<const std::byte> bytes);

/// Reads the header (eight bytes of length, JSON) and checks all that it says: every name and key once, shapes of at
/// most kMaxRank dimensions, as many bytes as the shape takes, and tensors that fill the data from its start to the
/// file's end without overlaps or gaps. Sizes of types that an Array cannot have are not checked.
SafetensorsHeader ReadSafetensorsHeader(const Content& content);

/// An entry's elements. Throws where its type is one that an Array cannot have.
Array SafetensorsArray(const Content& content, const SafetensorsHeader& header, const SafetensorsEntry& entry);

/// The tensor called `member`, or if `member` is empty the only one; it must have elements.
Array ReadSafetensors(const Content& content, const std::string& member);

}  // namespace modlab
