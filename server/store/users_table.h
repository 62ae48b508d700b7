#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/access.pb.h"

namespace modlab::server {

// Users and their tokens. All within a transaction. Times are microseconds since 1970.

/// What one user may have at a time. Absent: what the server gives everybody; 0: no limit.
struct UserQuota {
  std::optional<int64_t> running_jobs;
  std::optional<int64_t> queued_jobs;
  std::optional<int64_t> stored_bytes;
};
struct StoredUser {
  std::string name;
  modlab::v1::Role role = modlab::v1::USER;
  int64_t create_time = 0;
  UserQuota quota;
};
/// Makes the user, or gives one that is there another role.
void PutUser(SQLite::Database& connection, const std::string& name, modlab::v1::Role role);
void SetUserQuota(SQLite::Database& connection, const std::string& name, const UserQuota& quota);
std::optional<StoredUser> FindUser(SQLite::Database& connection, const std::string& name);
std::vector<StoredUser> ListUsers(SQLite::Database& connection);
/// With all tokens; what the user owns stays. False where there is no such user.
bool DeleteUser(SQLite::Database& connection, const std::string& name);

struct StoredToken {
  std::string id;
  std::string user;
  std::string sha256;  ///< Of the secret, in hexadecimal digits.
  int64_t create_time = 0;
  int64_t expire_time = 0;
};
void InsertToken(SQLite::Database& connection, const StoredToken& token);
std::optional<StoredToken> FindToken(SQLite::Database& connection, const std::string& id);
std::vector<StoredToken> ListTokens(SQLite::Database& connection);
/// False where there is no such token.
bool DeleteToken(SQLite::Database& connection, const std::string& id);

}  // namespace modlab::server
