#include "server/store/requests_table.h"

#include "server/store/database.h"
#include "server/store/query.h"

namespace modlab::server {

std::optional<StoredRequest> FindRequest(SQLite::Database& connection, const std::string& owner,
                                         const std::string& request_id) {
  Query query(connection, "SELECT digest, resource FROM requests WHERE owner = ? AND request_id = ?", owner,
              request_id);
  if (!query.executeStep()) return std::nullopt;
  return StoredRequest{query.getColumn(0).getString(), query.getColumn(1).getString()};
}

void InsertRequest(SQLite::Database& connection, const std::string& owner, const std::string& request_id,
                   const StoredRequest& request) {
  Query(connection, "INSERT INTO requests (owner, request_id, digest, resource, create_time) VALUES (?, ?, ?, ?, ?)",
        owner, request_id, request.digest, request.resource, NowMicros())
      .exec();
}

void DeleteRequestsBefore(SQLite::Database& connection, int64_t time_micros) {
  Query(connection, "DELETE FROM requests WHERE create_time < ?", time_micros).exec();
}

}  // namespace modlab::server
