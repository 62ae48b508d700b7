#include "server/worker/labels_file.h"

#include <cstdint>
#include <string>

#include "server/executor/files.h"
#include "server/worker/npy.h"

namespace modlab::server {

void WriteLabelsFile(const std::filesystem::path& path, const std::vector<int>& labels) {
  std::string bytes = NpyHeader("<i4", {static_cast<int64_t>(labels.size())});
  bytes.reserve(bytes.size() + 4 * labels.size());
  for (const int label : labels) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(static_cast<uint32_t>(label) >> shift);
  }
  WriteFileAtomically(path, bytes);
}

}  // namespace modlab::server
