#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "server/store/database.h"

namespace modlab::server {

/// What a check of a data directory looked at, and what is wrong with it, a sentence each.
struct FsckReport {
  int64_t jobs = 0;
  int64_t events = 0;
  int64_t models = 0;
  int64_t datasets = 0;
  int64_t experiments = 0;
  int64_t uploads = 0;
  int64_t blobs = 0;
  int64_t blob_bytes = 0;
  std::vector<std::string> problems;
};

/// Checks everything that a data directory keeps: the database's own structure; that every message in it can be read,
/// every job's state agrees with its times, events (without gaps), attempts, result and error, and everything that a
/// row refers to exists; that every blob is there with its size and SHA-256; and that there is no file that no row
/// knows, what a daemon has under way or has not yet cleared away left out. Changes nothing. May run beside the daemon
/// and keeps it from nothing: what looks wrong is looked at again, since it may just have changed. Reads all content:
/// as long as the disk takes. `progress(done, all)` is called with bytes of blobs. Throws StorageError where the
/// database cannot be read at all.
FsckReport CheckDataDirectory(const std::filesystem::path& root, Database& database,
                              const std::function<void(int64_t, int64_t)>& progress);

}  // namespace modlab::server
