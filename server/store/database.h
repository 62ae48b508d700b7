#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace modlab::server {

/// The daemon cannot read or write what it keeps. The message is a sentence for the operator.
class StorageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// There is no room for it on the disk. What was to be done is not, and can be tried again.
class DiskFullError : public StorageError {
  using StorageError::StorageError;
};

[[noreturn]] void ThrowStorageError(const std::system_error& error);

/// Runs `body`; where a file of ours could not be written (std::system_error), throws StorageError, or DiskFullError.
template <typename Body>
auto OnDisk(Body&& body) {
  try {
    return body();
  } catch (const std::system_error& error) {
    ThrowStorageError(error);
  }
}

/// The SQLite database of a data directory: write-ahead log, every commit synced before it returns. Threads take turns
/// at one connection for writing and at a few for reading, which wait for no commit. Schema versions are
/// `user_version`s; opening an older database brings it up to date.
class Database {
 public:
  /// Throws StorageError: not writable, corrupt, or of a schema that is newer than this program.
  explicit Database(const std::filesystem::path& path);

  /// Runs `body(connection)` in one transaction, alone. Rolls back if it throws. SQLite's exceptions leave as
  /// StorageError, others as they are. Not reentrant.
  template <typename Body>
  auto Transact(Body&& body) {
    const std::lock_guard lock(mutex_);
    try {
      SQLite::Transaction transaction(connection_, SQLite::TransactionBehavior::IMMEDIATE);
      if constexpr (std::is_void_v<decltype(body(connection_))>) {
        body(connection_);
        transaction.commit();
        RunAfterCommit();
      } else {
        auto result = body(connection_);
        transaction.commit();
        RunAfterCommit();
        return result;
      }
    } catch (const SQLite::Exception& error) {
      after_commit_.clear();
      ThrowTranslated(error);
    } catch (...) {
      after_commit_.clear();
      throw;
    }
  }

  /// Runs `body(connection)`, which must not write: it sees what was committed when it began, and goes on beside
  /// commits. Not reentrant.
  template <typename Body>
  auto Read(Body&& body) {
    Reader& reader = TakeReader();
    const std::lock_guard lock(reader.mutex, std::adopt_lock);
    try {
      const SQLite::Transaction snapshot(reader.connection);  // rolled back at the end, which is nothing
      return body(reader.connection);
    } catch (const SQLite::Exception& error) {
      ThrowTranslated(error);
    }
  }

  /// Within Transact: `action` runs once the transaction is committed and before another begins. It must not throw. For
  /// removing the files of rows that are gone.
  void AfterCommit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }

  /// The schema that this program writes.
  static int SchemaVersion();

 private:
  struct Reader {
    explicit Reader(const std::filesystem::path& path);
    std::mutex mutex;
    SQLite::Database connection;
  };

  /// One that nobody uses, locked; where all are used, one after the other is waited for.
  Reader& TakeReader();
  void RunAfterCommit();
  [[noreturn]] static void ThrowTranslated(const SQLite::Exception& error);

  std::mutex mutex_;
  SQLite::Database connection_;
  std::vector<std::function<void()>> after_commit_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<size_t> next_reader_{0};
};

/// Now, in microseconds since 1970; how every time is stored.
int64_t NowMicros();

}  // namespace modlab::server
