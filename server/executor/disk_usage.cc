#include "server/executor/disk_usage.h"

#include <sys/stat.h>

#include <system_error>

namespace modlab::server {

DiskUsage MeasureDiskUsage(const std::filesystem::path& directory, int64_t max_files) {
  namespace fs = std::filesystem;
  DiskUsage usage;
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator() && usage.files < max_files; entry.increment(error)) {
    struct stat status {};
    ++usage.files;
    if (::lstat(entry->path().c_str(), &status) == 0) usage.bytes += static_cast<int64_t>(status.st_blocks) * 512;
  }
  return usage;
}

}  // namespace modlab::server
