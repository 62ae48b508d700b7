#include "server/store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <utility>

#include "server/executor/files.h"
#include "server/store/schema.h"

namespace modlab::server {
namespace {

constexpr int kReaders = 3;
constexpr const char* kDiskFull = "the server's disk is full: try again when there is room on it";

SQLite::Database Open(const std::filesystem::path& path) {
  try {
    return SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 10'000);
  } catch (const SQLite::Exception& error) {
    throw StorageError(fmt::format("cannot open the database {}: {}", path.string(), error.what()));
  }
}

void Migrate(SQLite::Database& connection, const std::filesystem::path& path) {
  const int version = connection.execAndGet("PRAGMA user_version").getInt();
  if (version > Database::SchemaVersion()) {
    throw StorageError(
        fmt::format("the database {} was written by a newer modlab (schema {}, this program knows {}): start that "
                    "version, or give another --data-dir",
                    path.string(), version, Database::SchemaVersion()));
  }
  for (int next = version; next < Database::SchemaVersion(); ++next) {
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
    connection.exec(kMigrations.at(static_cast<size_t>(next)));
    connection.exec(fmt::format("PRAGMA user_version = {}", next + 1));
    transaction.commit();
  }
}

}  // namespace

Database::Database(const std::filesystem::path& path) : connection_(Open(path)) {
  try {
    connection_.exec("PRAGMA journal_mode = WAL");
    connection_.exec("PRAGMA synchronous = FULL");
    connection_.exec("PRAGMA foreign_keys = ON");
    Migrate(connection_, path);
    for (int i = 0; i < kReaders; ++i) readers_.push_back(std::make_unique<Reader>(path));
  } catch (const SQLite::Exception& error) {
    throw StorageError(fmt::format("cannot use the database {}: {}", path.string(), error.what()));
  }
}

Database::Reader::Reader(const std::filesystem::path& path) : connection(Open(path)) {
  connection.exec("PRAGMA query_only = ON");
}

Database::Reader& Database::TakeReader() {
  for (const auto& reader : readers_) {
    if (reader->mutex.try_lock()) return *reader;
  }
  Reader& reader = *readers_.at(next_reader_++ % readers_.size());
  reader.mutex.lock();
  return reader;
}

int Database::SchemaVersion() { return static_cast<int>(kMigrations.size()); }

void Database::RunAfterCommit() {
  for (const auto& action : std::exchange(after_commit_, {})) action();
}

void Database::ThrowTranslated(const SQLite::Exception& error) {
  if (error.getErrorCode() == SQLITE_FULL) throw DiskFullError(kDiskFull);
  throw StorageError(fmt::format("the server's database failed: {}", error.what()));
}

void ThrowStorageError(const std::system_error& error) {
  if (IsDiskFull(error.code())) throw DiskFullError(kDiskFull);
  throw StorageError(fmt::format("the server could not use its data directory: {}", error.what()));
}

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace modlab::server
