#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

namespace modlab::server {

/// Checks a name for people: at most 200 characters. Throws RequestError FIELD_INVALID.
void CheckDisplayName(const std::string& name, const std::string& field);

/// Throws RequestError RESOURCE_IN_USE where an unfinished job reads the resource. Within a transaction.
void CheckNotInUse(SQLite::Database& connection, const std::string& name);

}  // namespace modlab::server
