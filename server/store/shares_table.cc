#include "server/store/shares_table.h"

#include <fmt/format.h>

#include "modlab/v1/access.pb.h"
#include "server/store/query.h"

namespace modlab::server {

void SetShares(SQLite::Database& connection, const std::string& resource, const UserNames& users) {
  Query(connection, "DELETE FROM shares WHERE resource = ?", resource).exec();
  for (const std::string& user : users) {
    Query(connection, "INSERT OR IGNORE INTO shares (resource, user) VALUES (?, ?)", resource, user).exec();
  }
}

void LoadShares(SQLite::Database& connection, const std::string& resource, UserNames* users) {
  Query query(connection, "SELECT user FROM shares WHERE resource = ? ORDER BY user", resource);
  while (query.executeStep()) *users->Add() = query.getColumn(0).getString();
}

std::string ReadableCondition(const std::string& resource_expression) {
  return fmt::format(
      "(?1 = '' OR owner = ?1 OR sharing = {} OR EXISTS (SELECT 1 FROM shares WHERE resource = {} AND user = ?1))",
      static_cast<int>(modlab::v1::EVERYONE), resource_expression);
}

}  // namespace modlab::server
