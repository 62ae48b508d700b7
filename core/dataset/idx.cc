#include "core/dataset/idx.h"

#include <cstring>

namespace modlab {
namespace {

constexpr size_t kMagicBytes = 4;

std::optional<ElementType> IdxType(int code) {
  switch (code) {
    case 0x08:
      return ElementType::kUint8;
    case 0x09:
      return ElementType::kInt8;
    case 0x0b:
      return ElementType::kInt16;
    case 0x0c:
      return ElementType::kInt32;
    case 0x0d:
      return ElementType::kFloat32;
    case 0x0e:
      return ElementType::kFloat64;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool IsIdx(Span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0} && bytes[1] == std::byte{0};
}

Array ReadIdx(const Content& content) {
  const Span<const std::byte> bytes = content.bytes;
  const auto number = [&](size_t i) { return static_cast<int64_t>(bytes[i]); };
  if (bytes.size() < kMagicBytes) content.ThrowAtByte(bytes.size(), "is cut off within an IDX file's first four bytes");
  const std::optional<ElementType> type = IdxType(static_cast<int>(number(2)));
  if (!type) {
    content.ThrowAtByte(
        2, "the element type " + std::to_string(number(2)) + " is none that an IDX file has (8, 9, 11, 12, 13 or 14)");
  }
  const auto rank = static_cast<size_t>(number(3));
  if (rank == 0 || rank > kMaxRank) {
    content.ThrowAtByte(
        3, "an IDX file of " + std::to_string(rank) + " dimensions; allowed are 1 to " + std::to_string(kMaxRank));
  }
  const size_t start = kMagicBytes + 4 * rank;
  if (bytes.size() < start) {
    content.ThrowAtByte(bytes.size(), "is cut off within the " + std::to_string(rank) + " dimensions");
  }
  std::vector<int64_t> shape;
  for (size_t i = kMagicBytes; i < start; i += 4) {
    shape.push_back(number(i) << 24 | number(i + 1) << 16 | number(i + 2) << 8 | number(i + 3));
  }
  const int64_t size = content.CheckArray(*type, shape, kMagicBytes, start);
  if (SizeOf(*type) == 1) return content.ArrayAt(*type, std::move(shape), start);
  content.CheckCopy(size, "the array");
  NewArray array(*type, std::move(shape));
  std::memcpy(array.target, bytes.data() + start, static_cast<size_t>(size));
  SwapBytes(array.target, array.array.elements(), *type);
  return std::move(array.array);
}

}  // namespace modlab
