#include "server/store/settings_table.h"

#include "server/store/query.h"

namespace modlab::server {

std::optional<std::string> FindSetting(SQLite::Database& connection, const std::string& key) {
  Query query(connection, "SELECT value FROM settings WHERE key = ?", key);
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getString();
}

void PutSetting(SQLite::Database& connection, const std::string& key, const std::string& value) {
  Query(connection, "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value).exec();
}

void DeleteSetting(SQLite::Database& connection, const std::string& key) {
  Query(connection, "DELETE FROM settings WHERE key = ?", key).exec();
}

}  // namespace modlab::server
