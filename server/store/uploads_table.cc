#include "server/store/uploads_table.h"

#include <google/protobuf/util/time_util.h>

#include "server/store/query.h"

namespace modlab::server {

using google::protobuf::util::TimeUtil;
using modlab::v1::Upload;

void InsertUpload(SQLite::Database& connection, const std::string& id, const StoredUpload& stored) {
  const Upload& upload = stored.upload;
  Query(connection,
        "INSERT INTO uploads (id, owner, sharing, size_bytes, sha256, state, create_time, expire_time) "
        "VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
        id, stored.owner, upload.size_bytes(), upload.sha256(), upload.state(),
        TimeUtil::TimestampToMicroseconds(upload.create_time()),
        TimeUtil::TimestampToMicroseconds(upload.expire_time()))
      .exec();
}

std::optional<StoredUpload> FindUpload(SQLite::Database& connection, const std::string& id) {
  Query query(connection, "SELECT owner, size_bytes, sha256, state, create_time, expire_time FROM uploads WHERE id = ?",
              id);
  if (!query.executeStep()) return std::nullopt;
  StoredUpload stored;
  stored.owner = query.getColumn(0).getString();
  Upload& upload = stored.upload;
  upload.set_name("uploads/" + id);
  upload.set_size_bytes(query.getColumn(1).getInt64());
  upload.set_sha256(query.getColumn(2).getString());
  upload.set_state(static_cast<Upload::State>(query.getColumn(3).getInt()));
  *upload.mutable_create_time() = ToTimestamp(query.getColumn(4).getInt64());
  *upload.mutable_expire_time() = ToTimestamp(query.getColumn(5).getInt64());
  if (upload.state() == Upload::COMPLETE) upload.set_committed_bytes(upload.size_bytes());
  return stored;
}

void SetUploadExpiry(SQLite::Database& connection, const std::string& id, int64_t expire_micros) {
  Query(connection, "UPDATE uploads SET expire_time = ? WHERE id = ?", expire_micros, id).exec();
}

void SetUploadComplete(SQLite::Database& connection, const std::string& id) {
  Query(connection, "UPDATE uploads SET state = ? WHERE id = ?", Upload::COMPLETE, id).exec();
}

void DeleteUpload(SQLite::Database& connection, const std::string& id) {
  Query(connection, "DELETE FROM uploads WHERE id = ?", id).exec();
}

std::vector<std::string> ExpiredUploads(SQLite::Database& connection, int64_t now_micros) {
  std::vector<std::string> ids;
  Query query(connection, "SELECT id FROM uploads WHERE expire_time < ?", now_micros);
  while (query.executeStep()) ids.push_back(query.getColumn(0).getString());
  return ids;
}

}  // namespace modlab::server
