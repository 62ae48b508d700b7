#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <string>

namespace modlab::server {

// Users who may read a resource (`jobs/{id}`, `models/{id}`) that is another's. All within a transaction.

using UserNames = google::protobuf::RepeatedPtrField<std::string>;

/// In place of those that were there. Every name must be a user's.
void SetShares(SQLite::Database& connection, const std::string& resource, const UserNames& users);
void LoadShares(SQLite::Database& connection, const std::string& resource, UserNames* users);

/// A condition on the rows of `models` or `jobs` that the user of parameter ?1 may read: theirs, everybody's, and those
/// shared with them; all where it is empty. `resource_expression` gives the row's resource.
std::string ReadableCondition(const std::string& resource_expression);

}  // namespace modlab::server
