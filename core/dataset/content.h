#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/array.h"
#include "core/dataset/span.h"

namespace modlab {

/// The bytes of a file, or of what a file contains, as a format's reader gets them; and what it says of them. Internal
/// to core/dataset.
struct Content {
  Span<const std::byte> bytes;
  /// Keeps `bytes` alive.
  std::shared_ptr<const void> owner;
  /// How sentences call it: `images.idx`, `digits.npz, x.npy`.
  std::string shown_name;
  /// No more is decompressed, or copied, than that.
  int64_t max_bytes = 0;

  /// Throws Error (kDataInvalid): `images.idx: WHAT`, `images.idx: at byte 4: WHAT`, `table.csv: line 3: WHAT`.
  [[noreturn]] void Throw(const std::string& what) const;
  [[noreturn]] void ThrowAtByte(size_t byte, const std::string& what) const;
  [[noreturn]] void ThrowAtLine(int64_t line, const std::string& what) const;
  /// Throws where that many bytes are more than max_bytes: `WHAT takes 9 bytes ...`.
  void CheckCopy(int64_t bytes, const std::string& what) const;

  const char* text() const { return reinterpret_cast<const char*>(bytes.data()); }

  /// The bytes an array takes, from `offset` up to the end. Throws where its shape (told at `shape_offset`) has no
  /// dimension, more than kMaxRank, one that is 0 (each an error of its own), or too many bytes, and where the content
  /// is shorter or longer.
  int64_t CheckArray(ElementType type, const std::vector<int64_t>& shape, size_t shape_offset, size_t offset) const;
  /// The array that lies at `offset`, all of it in the content; its bytes are the content's own where they are aligned
  /// to an element, else a copy. Throws where a bool is neither 0 nor 1.
  Array ArrayAt(ElementType type, std::vector<int64_t> shape, size_t offset) const;
};

constexpr size_t kMaxRank = 16;

/// Turns the bytes of each element around.
void SwapBytes(std::byte* bytes, int64_t count, ElementType type);

}  // namespace modlab
