#include "server/worker/labels_file.h"

#include <cstdint>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {

void WriteLabelsFile(const std::filesystem::path& path, const std::vector<int>& labels) {
  std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (" + std::to_string(labels.size()) + ",), }";
  // Magic, version and the header's length take 10 bytes; padding and a newline bring the data to a multiple of 64.
  constexpr size_t prefix_bytes = 10;
  header.resize((prefix_bytes + header.size() + 1 + 63) / 64 * 64 - prefix_bytes - 1, ' ');
  header += '\n';

  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.reserve(bytes.size() + 4 * labels.size());
  for (const int label : labels) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(static_cast<uint32_t>(label) >> shift);
  }
  WriteFileAtomically(path, bytes);
}

}  // namespace modlab::server
