#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>

namespace modlab::server {

// What an operator has set while the server runs, so that it holds over restarts. Within a transaction.

std::optional<std::string> FindSetting(SQLite::Database& connection, const std::string& key);
void PutSetting(SQLite::Database& connection, const std::string& key, const std::string& value);
void DeleteSetting(SQLite::Database& connection, const std::string& key);

}  // namespace modlab::server
