#pragma once

#include <cstdint>
#include <filesystem>

namespace modlab::server {

struct DiskUsage {
  int64_t bytes = 0;  ///< On the disk: a sparse file counts with what it holds.
  int64_t files = 0;  ///< Directories included.
};

/// What is below a directory now; no link is followed. Counts no further than `max_files`. What cannot be looked at, or
/// vanishes meanwhile, is left out.
DiskUsage MeasureDiskUsage(const std::filesystem::path& directory, int64_t max_files);

}  // namespace modlab::server
