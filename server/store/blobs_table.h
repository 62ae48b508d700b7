#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <set>
#include <string>

namespace modlab::server {

// Which content exists. Within a transaction.

/// Notes content; the same twice is one row.
void InsertBlob(SQLite::Database& connection, const std::string& sha256, int64_t size_bytes);

/// Whether this owner has content of this digest and size already, through a model or a complete upload.
bool OwnsContent(SQLite::Database& connection, const std::string& owner, const std::string& sha256, int64_t size_bytes);

/// Forgets content that nothing refers to any more. True if it did: the caller then removes the file after the commit.
bool DeleteBlobIfUnused(SQLite::Database& connection, const std::string& sha256);

/// Bytes that are kept for this owner: of the content that models, complete uploads and jobs' artifacts refer to, the
/// same content counted once; and what uploads that are still arriving have announced, each for itself, since each has
/// a file of its own.
int64_t StoredBytesOf(SQLite::Database& connection, const std::string& owner);

std::set<std::string> AllBlobs(SQLite::Database& connection);

}  // namespace modlab::server
