#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "server/store/database.h"

namespace modlab::server {

struct BackupReport {
  int64_t blobs = 0;
  int64_t bytes = 0;  ///< Of blobs.
};

/// Copies a data directory, also while its daemon runs: the database as it is at one moment, and all content that it
/// refers to, each blob's digest verified on the way. What is still being uploaded, and running attempts' files, are
/// left out: in the copy such jobs are queued again, or cancelled if they were to be. Written beside `target`
/// under the name `TARGET.partial`, synced, then renamed. `progress(done, all)` is called with bytes of blobs.
/// Throws StorageError: `target` exists, cannot be written, or content is damaged.
BackupReport BackUp(const std::filesystem::path& root, Database& database, const std::filesystem::path& target,
                    const std::function<void(int64_t, int64_t)>& progress);

}  // namespace modlab::server
