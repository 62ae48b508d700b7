#include "core/dataset/array_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "core/dataset/content.h"
#include "core/dataset/csv.h"
#include "core/dataset/gzip.h"
#include "core/dataset/idx.h"
#include "core/dataset/mapped_file.h"
#include "core/dataset/npy.h"
#include "core/dataset/npy_header.h"
#include "core/dataset/npz.h"
#include "core/dataset/safetensors.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

constexpr const char* kFormats = "an IDX, .npy, .npz, safetensors or CSV file";

[[noreturn]] void ThrowUnknown(const Content& content) {
  std::string first;
  for (size_t i = 0; i < std::min<size_t>(content.bytes.size(), 8); ++i) {
    char text[8];
    std::snprintf(text, sizeof text, "%s%02x", i == 0 ? "" : " ", static_cast<unsigned>(content.bytes[i]));
    first += text;
  }
  content.ThrowAtByte(0, std::string("is not ") + kFormats + ": it starts with the bytes " + first);
}

/// Tables are texts: what has a control character near its start is none.
bool IsText(Span<const std::byte> bytes) {
  constexpr size_t looked_at = 512;
  return std::none_of(bytes.begin(), bytes.begin() + std::min(bytes.size(), looked_at), [](std::byte byte) {
    const auto character = static_cast<unsigned char>(byte);
    return character < 0x20 && character != '\t' && character != '\n' && character != '\r';
  });
}

Array ReadContent(const Content& content, const std::string& member, bool decompressed) {
  const Span<const std::byte> bytes = content.bytes;
  if (bytes.empty()) content.Throw(std::string("is empty; expected ") + kFormats);
  const auto check_unnamed = [&](const char* format) {
    if (member.empty()) return;
    content.Throw(std::string("is ") + format + " file, which has one array without a name, and none called " +
                  Quoted(member));
  };
  const auto check_not_compressed = [&](const char* format) {
    if (decompressed) content.Throw(std::string("is ") + format + " within gzip, which is not read: decompress it");
  };
  if (IsGzip(bytes)) {
    check_not_compressed("gzip");
    return ReadContent(Decompressed(content), member, true);
  }
  if (IsNpy(bytes)) {
    check_unnamed("a .npy");
    return ReadNpy(content);
  }
  if (IsZip(bytes)) {
    check_not_compressed("a zip archive");
    return ReadNpz(content, member);
  }
  if (IsSafetensors(bytes)) {
    check_not_compressed("a safetensors file");
    return ReadSafetensors(content, member);
  }
  if (IsIdx(bytes)) {
    check_unnamed("an IDX");
    return ReadIdx(content);
  }
  if (!IsText(bytes)) ThrowUnknown(content);
  return ReadCsv(content, member);
}

}  // namespace

Array ReadArray(const std::filesystem::path& path, const std::string& shown_name, const std::string& member,
                int64_t max_bytes) {
  if (max_bytes < 0) throw std::logic_error("a negative number of bytes");
  const auto mapped = MappedFile::Open(path);
  return ReadContent({mapped->bytes(), mapped, shown_name, max_bytes}, member, false);
}

}  // namespace modlab
