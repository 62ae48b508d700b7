#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>

namespace modlab::server {

// Creations by `request_id`, so that asking twice creates once. Within the transaction that creates.

struct StoredRequest {
  std::string digest;    ///< Of method and body.
  std::string resource;  ///< The name of what was created.
};
std::optional<StoredRequest> FindRequest(SQLite::Database& connection, const std::string& owner,
                                         const std::string& request_id);
void InsertRequest(SQLite::Database& connection, const std::string& owner, const std::string& request_id,
                   const StoredRequest& request);

void DeleteRequestsBefore(SQLite::Database& connection, int64_t time_micros);

}  // namespace modlab::server
