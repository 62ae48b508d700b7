#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/upload.pb.h"

namespace modlab::server {

/// An upload as stored; `upload.committed_bytes` is set only where it is COMPLETE (else the file knows).
struct StoredUpload {
  modlab::v1::Upload upload;
  std::string owner;
};

// All within a transaction; ids are without their `uploads/`.
void InsertUpload(SQLite::Database& connection, const std::string& id, const StoredUpload& upload);
std::optional<StoredUpload> FindUpload(SQLite::Database& connection, const std::string& id);
void SetUploadExpiry(SQLite::Database& connection, const std::string& id, int64_t expire_micros);
void SetUploadComplete(SQLite::Database& connection, const std::string& id);
void DeleteUpload(SQLite::Database& connection, const std::string& id);
/// Ids of uploads whose time is over.
std::vector<std::string> ExpiredUploads(SQLite::Database& connection, int64_t now_micros);

}  // namespace modlab::server
