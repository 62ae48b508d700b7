#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <functional>
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

/// The SQLite database of a data directory: write-ahead log, every commit synced before it returns, one connection that
/// threads take in turn. Schema versions are `user_version`s; opening an older database brings it up to date.
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

  /// Runs `body(connection)` without a transaction: for reading in a single statement.
  template <typename Body>
  auto Read(Body&& body) {
    const std::lock_guard lock(mutex_);
    try {
      return body(connection_);
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
  void RunAfterCommit();
  [[noreturn]] static void ThrowTranslated(const SQLite::Exception& error);

  std::mutex mutex_;
  SQLite::Database connection_;
  std::vector<std::function<void()>> after_commit_;
};

/// Now, in microseconds since 1970; how every time is stored.
int64_t NowMicros();

}  // namespace modlab::server
