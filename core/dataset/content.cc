#include "core/dataset/content.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace modlab {
namespace {

template <typename Word, typename Swap>
void SwapWords(std::byte* bytes, int64_t count, Swap swap) {
  for (int64_t i = 0; i < count; ++i) {
    Word word;
    std::memcpy(&word, bytes + i * static_cast<int64_t>(sizeof word), sizeof word);
    word = swap(word);
    std::memcpy(bytes + i * static_cast<int64_t>(sizeof word), &word, sizeof word);
  }
}

}  // namespace

void Content::Throw(const std::string& what) const { throw Error(ErrorKind::kDataInvalid, shown_name + ": " + what); }

void Content::ThrowAtByte(size_t byte, const std::string& what) const {
  Throw("at byte " + std::to_string(byte) + ": " + what);
}

void Content::ThrowAtLine(int64_t line, const std::string& what) const {
  Throw("line " + std::to_string(line) + ": " + what);
}

void Content::CheckCopy(int64_t bytes, const std::string& what) const {
  if (bytes <= max_bytes) return;
  Throw(what + " takes " + std::to_string(bytes) + " bytes in memory, more than the " + std::to_string(max_bytes) +
        " that are allowed");
}

int64_t Content::CheckArray(ElementType type, const std::vector<int64_t>& shape, size_t shape_offset,
                            size_t offset) const {
  if (shape.empty()) ThrowAtByte(shape_offset, "is a single number; an array needs one dimension or more");
  if (shape.size() > kMaxRank) {
    ThrowAtByte(shape_offset, "has " + std::to_string(shape.size()) + " dimensions; at most " +
                                  std::to_string(kMaxRank) + " are allowed");
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 1) {
      ThrowAtByte(shape_offset, "dimension " + std::to_string(i) + " of the shape " + ShapeText(shape) +
                                    " is not positive: the array has no elements");
    }
  }
  const std::optional<int64_t> needed = BytesOf(type, shape);
  if (!needed) ThrowAtByte(shape_offset, "the shape " + ShapeText(shape) + " has more elements than can be counted");
  const auto there = static_cast<int64_t>(bytes.size() - offset);
  if (there == *needed) return *needed;
  const std::string sizes = "the shape " + ShapeText(shape) + " of " + NameOf(type) + " takes " +
                            std::to_string(*needed) + " bytes, but " + std::to_string(there) + " are there";
  if (there < *needed) ThrowAtByte(bytes.size(), "is cut off: " + sizes);
  ThrowAtByte(offset + static_cast<size_t>(*needed), "bytes follow after the array's end: " + sizes);
}

Array Content::ArrayAt(ElementType type, std::vector<int64_t> shape, size_t offset) const {
  const Span<const std::byte> part = bytes.subspan(offset, static_cast<size_t>(BytesOf(type, shape).value()));
  if (type == ElementType::kBool) {
    const auto* const wrong = std::find_if(part.begin(), part.end(), [](std::byte b) { return b > std::byte{1}; });
    if (wrong != part.end()) {
      ThrowAtByte(static_cast<size_t>(wrong - bytes.data()),
                  "a bool is " + std::to_string(static_cast<int>(*wrong)) + ", where only 0 and 1 are allowed");
    }
  }
  if (reinterpret_cast<uintptr_t>(part.data()) % static_cast<uintptr_t>(SizeOf(type)) == 0) {
    return {type, std::move(shape), part, owner};
  }
  CheckCopy(static_cast<int64_t>(part.size()), "the array");
  NewArray copy(type, std::move(shape));
  if (!part.empty()) std::memcpy(copy.target, part.data(), part.size());
  return std::move(copy.array);
}

void SwapBytes(std::byte* bytes, int64_t count, ElementType type) {
  switch (SizeOf(type)) {
    case 2:
      return SwapWords<uint16_t>(bytes, count, [](uint16_t x) { return __builtin_bswap16(x); });
    case 4:
      return SwapWords<uint32_t>(bytes, count, [](uint32_t x) { return __builtin_bswap32(x); });
    case 8:
      return SwapWords<uint64_t>(bytes, count, [](uint64_t x) { return __builtin_bswap64(x); });
    default:
      return;
  }
}

}  // namespace modlab
