#include "server/executor/npy.h"

#include <algorithm>
#include <bit>

namespace modlab::server {
namespace {

void AppendLittleEndian(uint64_t value, int bytes, std::string& to) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i));
}

/// The code points of a text.
std::vector<uint32_t> CodePoints(const std::string& text) {
  std::vector<uint32_t> points;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte & 0xC0U) == 0x80U && !points.empty()) {
      points.back() = points.back() << 6U | (byte & 0x3FU);
    } else {
      const unsigned mask = byte < 0x80U ? 0x7FU : byte < 0xE0U ? 0x1FU : byte < 0xF0U ? 0x0FU : 0x07U;
      points.push_back(byte & mask);
    }
  }
  return points;
}

}  // namespace

std::string NpyHeader(const std::string& type, const std::vector<int64_t>& shape) {
  std::string sizes;
  for (const int64_t size : shape) sizes += std::to_string(size) + ",";
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  // Magic, version and the header's length take 10 bytes; padding and a newline bring the data to a multiple of 64.
  constexpr size_t prefix_bytes = 10;
  header.resize((prefix_bytes + header.size() + 1 + 63) / 64 * 64 - prefix_bytes - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  AppendLittleEndian(header.size(), 2, bytes);
  return bytes + header;
}

std::string NpyArray(const std::vector<int64_t>& values) {
  std::string bytes = NpyHeader("<i8", {static_cast<int64_t>(values.size())});
  for (const int64_t value : values) AppendLittleEndian(static_cast<uint64_t>(value), 8, bytes);
  return bytes;
}

std::string NpyArray(const std::vector<double>& values) {
  std::string bytes = NpyHeader("<f8", {static_cast<int64_t>(values.size())});
  for (const double value : values) AppendLittleEndian(std::bit_cast<uint64_t>(value), 8, bytes);
  return bytes;
}

std::string NpyArray(const std::vector<std::string>& texts) {
  std::vector<std::vector<uint32_t>> rows;
  size_t longest = 1;
  for (const std::string& text : texts) longest = std::max(longest, rows.emplace_back(CodePoints(text)).size());
  std::string bytes = NpyHeader("<U" + std::to_string(longest), {static_cast<int64_t>(texts.size())});
  for (std::vector<uint32_t>& row : rows) {
    row.resize(longest, 0);
    for (const uint32_t point : row) AppendLittleEndian(point, 4, bytes);
  }
  return bytes;
}

}  // namespace modlab::server
