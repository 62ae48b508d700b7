#include "server/store/backup.h"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>
#include <string>

#include "server/executor/files.h"
#include "server/store/attempts_table.h"
#include "server/store/blob_store.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"

namespace modlab::server {
namespace {

namespace fs = std::filesystem;

/// Content that goes away while it is copied makes another look at the database necessary; a daemon that deletes all
/// the time must not keep us for ever.
constexpr int kLooks = 10;
constexpr const char* kOutcome = "it was running when this backup was made";

void SyncFile(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::fsync(file.get()) != 0) ThrowErrno("sync " + path.string());
}

class Backup {
 public:
  Backup(const fs::path& root, Database& database, const fs::path& partial,
         const std::function<void(int64_t, int64_t)>& progress)
      : source_(root / "blobs"),
        database_(database),
        partial_(partial),
        target_(partial / "blobs"),
        progress_(progress) {}

  BackupReport Run() {
    for (int look = 0; look < kLooks; ++look) {
      CopyDatabase();
      if (!CopyBlobs()) continue;
      RemoveOthers();
      return report_;
    }
    throw StorageError("the data directory changes faster than it can be copied: try again later");
  }

 private:
  void CopyDatabase() {
    const fs::path path = partial_ / "modlab.db";
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix, ignored);
    SQLite::Database copy(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database_.Read([&](SQLite::Database& connection) { SQLite::Backup(copy, connection).executeStep(-1); });
    RequeueRunning(copy);
    copy.exec("DELETE FROM uploads WHERE sha256 NOT IN (SELECT sha256 FROM blobs)");
    copy.exec("PRAGMA journal_mode = DELETE");  // one file, with everything in it
    blobs_.clear();
    report_ = {};
    Query query(copy, "SELECT sha256, size_bytes FROM blobs");
    while (query.executeStep()) {
      blobs_[query.getColumn(0).getString()] = query.getColumn(1).getInt64();
      report_.bytes += query.getColumn(1).getInt64();
    }
    report_.blobs = static_cast<int64_t>(blobs_.size());
    SyncFile(path);
  }

  /// No process works on the copy's jobs: they begin anew, or are cancelled if they were to be.
  static void RequeueRunning(SQLite::Database& copy) {
    SQLite::Transaction transaction(copy);
    for (const OpenAttempt& attempt : OpenAttempts(copy)) {
      const auto job = FindJob(copy, attempt.job, false);
      modlab::v1::Attempt ended;
      ended.set_outcome(kOutcome);
      EndAttempt(copy, attempt.job, attempt.number, ended, false);
      const bool cancelled = job->state() == modlab::v1::Job::CANCELLING;
      SetJobState(copy, attempt.job, cancelled ? modlab::v1::Job::CANCELLED : modlab::v1::Job::QUEUED, kOutcome,
                  attempt.number);
    }
    transaction.commit();
  }

  /// False where some content has gone since the database was copied.
  bool CopyBlobs() {
    int64_t done = 0;
    for (const auto& [sha256, size] : blobs_) {
      progress_(done, report_.bytes);
      done += size;
      if (fs::exists(target_.PathOf(sha256))) continue;  // from the look before
      if (!fs::exists(source_.PathOf(sha256))) {
        if (Known(sha256)) throw StorageError(fmt::format("blob {} is missing: run modlabd fsck", sha256));
        return false;
      }
      CopyBlob(sha256);
    }
    progress_(done, report_.bytes);
    return true;
  }

  void CopyBlob(const std::string& sha256) {
    const fs::path copy = partial_ / "copying";
    fs::remove(copy);
    source_.CopyTo(sha256, copy);
    SyncFile(copy);
    if (Sha256OfFile(copy) != sha256) throw StorageError(fmt::format("blob {} is damaged: run modlabd fsck", sha256));
    target_.Adopt(copy, sha256);
  }

  bool Known(const std::string& sha256) {
    return database_.Read([&](SQLite::Database& connection) {
      return Query(connection, "SELECT 1 FROM blobs WHERE sha256 = ?", sha256).executeStep();
    });
  }

  /// Content that an earlier look brought and the last does not know.
  void RemoveOthers() {
    std::set<std::string> known;
    for (const auto& [sha256, size] : blobs_) known.insert(sha256);
    target_.Sweep(known);
  }

  BlobStore source_;
  Database& database_;
  const fs::path& partial_;
  BlobStore target_;
  const std::function<void(int64_t, int64_t)>& progress_;
  std::map<std::string, int64_t> blobs_;
  BackupReport report_;
};

}  // namespace

BackupReport BackUp(const fs::path& root, Database& database, const fs::path& target,
                    const std::function<void(int64_t, int64_t)>& progress) {
  if (fs::exists(target)) {
    throw StorageError(fmt::format("{} exists: give the name of a directory that is not there yet", target.string()));
  }
  fs::path partial = fs::absolute(target);
  if (partial.filename().empty()) partial = partial.parent_path();
  const fs::path whole = partial;
  partial += ".partial";
  ::umask(077);
  return OnDisk([&] {
    RemoveTree(partial);
    fs::create_directories(partial);
    try {
      const BackupReport report = Backup(root, database, partial, progress).Run();
      SyncDirectory(partial);
      fs::rename(partial, whole);
      SyncDirectory(whole.parent_path());
      return report;
    } catch (...) {
      RemoveTree(partial);
      throw;
    }
  });
}

}  // namespace modlab::server
