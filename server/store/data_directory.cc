#include "server/store/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <vector>

#include "server/store/attempts_table.h"
#include "server/store/blobs_table.h"
#include "server/store/query.h"

namespace modlab::server {
namespace {

namespace fs = std::filesystem;

FileDescriptor Lock(const fs::path& root) {
  const fs::path path = root / "lock";
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) ThrowErrno("open " + path.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) ThrowErrno("lock " + path.string());
    std::string holder = ReadAt(lock.get(), 0, 32);
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    throw StorageError(
        fmt::format("the data directory {} is in use by another modlabd (process {}): stop that one, or "
                    "give another --data-dir",
                    root.string(), holder.empty() ? "unknown" : holder));
  }
  if (::ftruncate(lock.get(), 0) != 0) ThrowErrno("truncate " + path.string());
  WriteAll(lock.get(), fmt::format("{}\n", ::getpid()));
  return lock;
}

}  // namespace

DataDirectory::DataDirectory(const fs::path& root) : root_(fs::absolute(root)) {
  try {
    if (fs::create_directories(root_)) fs::permissions(root_, fs::perms::owner_all);
    lock_ = Lock(root_);
    fs::create_directories(root_ / "uploads");
    fs::create_directories(root_ / "attempts");
    fs::create_directories(root_ / "checkpoints");
    blobs_ = std::make_unique<BlobStore>(root_ / "blobs");
    database_ = std::make_unique<Database>(root_ / "modlab.db");
    Sweep();
  } catch (const std::system_error& error) {
    throw StorageError(
        fmt::format("cannot use the data directory {}: {}: make it writable for this user, or give "
                    "another --data-dir",
                    root_.string(), error.what()));
  }
}

void DataDirectory::Sweep() {
  std::set<std::string> blobs;
  std::set<std::string> uploads;
  std::set<fs::path> attempts;
  std::set<std::string> unfinished;
  database_->Transact([&](SQLite::Database& connection) {
    blobs = AllBlobs(connection);
    Query query(connection, "SELECT id FROM uploads");
    while (query.executeStep()) uploads.insert(query.getColumn(0).getString());
    Query jobs(connection, "SELECT id FROM jobs WHERE end_time IS NULL");
    while (jobs.executeStep()) unfinished.insert(jobs.getColumn(0).getString());
    for (const OpenAttempt& attempt : OpenAttempts(connection)) {
      attempts.insert(AttemptRoot(attempt.job, attempt.number));
    }
  });
  blobs_->Sweep(blobs);
  std::vector<fs::path> orphans;
  for (const auto& entry : fs::directory_iterator(root_ / "uploads")) {
    if (!uploads.contains(entry.path().filename().string())) orphans.push_back(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(root_ / "checkpoints")) {
    if (!unfinished.contains(entry.path().filename().string())) orphans.push_back(entry.path());
  }
  for (const auto& job : fs::directory_iterator(root_ / "attempts")) {
    for (const auto& entry : fs::directory_iterator(job.path())) {
      if (!attempts.contains(entry.path())) orphans.push_back(entry.path());
    }
  }
  for (const fs::path& orphan : orphans) RemoveTree(orphan);
  std::error_code not_empty;
  for (const auto& job : fs::directory_iterator(root_ / "attempts")) fs::remove(job.path(), not_empty);
}

}  // namespace modlab::server
