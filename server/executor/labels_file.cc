#include "server/executor/labels_file.h"

#include <algorithm>
#include <string>

#include "server/executor/files.h"
#include "server/executor/npy.h"

namespace modlab::server {
namespace {

constexpr int64_t kLabelBytes = 4;
constexpr int64_t kChunkBytes = 1 << 20;

std::string HeaderOf(int64_t units) { return NpyHeader("<i4", {units}); }

int LabelAt(const std::string& bytes, size_t at) {
  uint32_t label = 0;
  for (size_t i = 0; i < kLabelBytes; ++i) label |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return static_cast<int>(label);
}

void Write(const std::filesystem::path& path, const std::vector<int>& labels, const std::vector<int64_t>& shape) {
  std::string bytes = NpyHeader("<i4", shape);
  bytes.reserve(bytes.size() + kLabelBytes * labels.size());
  for (const int label : labels) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(static_cast<uint32_t>(label) >> shift);
  }
  WriteFileAtomically(path, bytes);
}

}  // namespace

void WriteLabelsFile(const std::filesystem::path& path, const std::vector<int>& labels) {
  Write(path, labels, {static_cast<int64_t>(labels.size())});
}

void WritePartitionsFile(const std::filesystem::path& path, const std::vector<int>& labels, int64_t partitions) {
  Write(path, labels, {partitions, static_cast<int64_t>(labels.size()) / partitions});
}

std::optional<std::vector<int>> ReadLabelsFile(int descriptor, int64_t units) {
  const std::string header = HeaderOf(units);
  const auto data_at = static_cast<int64_t>(header.size());
  const int64_t end = data_at + kLabelBytes * units;
  if (SizeOf(descriptor) != end || ReadAt(descriptor, 0, header.size()) != header) return std::nullopt;
  std::vector<int> labels;
  labels.reserve(static_cast<size_t>(units));
  for (int64_t at = data_at; at < end; at += kChunkBytes) {
    const std::string bytes = ReadAt(descriptor, at, static_cast<size_t>(std::min(kChunkBytes, end - at)));
    for (size_t i = 0; i + kLabelBytes <= bytes.size(); i += kLabelBytes) labels.push_back(LabelAt(bytes, i));
  }
  if (static_cast<int64_t>(labels.size()) != units) return std::nullopt;
  return labels;
}

}  // namespace modlab::server
