#include "server/store/users_table.h"

#include "server/store/database.h"
#include "server/store/query.h"

namespace modlab::server {
namespace {

constexpr const char* kSelectUser =
    "SELECT name, role, create_time, running_quota, queued_quota, stored_quota FROM users";

StoredUser UserFromRow(Query& row) {
  const auto number = [&row](int column) -> std::optional<int64_t> {
    if (row.getColumn(column).isNull()) return std::nullopt;
    return row.getColumn(column).getInt64();
  };
  return {row.getColumn(0).getString(),
          static_cast<modlab::v1::Role>(row.getColumn(1).getInt()),
          row.getColumn(2).getInt64(),
          {number(3), number(4), number(5)}};
}

StoredToken TokenFromRow(const Query& row) {
  return {row.getColumn(0).getString(), row.getColumn(1).getString(), row.getColumn(2).getString(),
          row.getColumn(3).getInt64(), row.getColumn(4).getInt64()};
}

constexpr const char* kSelectToken = "SELECT id, user, sha256, create_time, expire_time FROM tokens";

}  // namespace

void PutUser(SQLite::Database& connection, const std::string& name, modlab::v1::Role role) {
  Query(connection,
        "INSERT INTO users (name, role, create_time) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET role = excluded.role",
        name, role, NowMicros())
      .exec();
}

void SetUserQuota(SQLite::Database& connection, const std::string& name, const UserQuota& quota) {
  Query(connection, "UPDATE users SET running_quota = ?, queued_quota = ?, stored_quota = ? WHERE name = ?",
        quota.running_jobs, quota.queued_jobs, quota.stored_bytes, name)
      .exec();
}

std::optional<StoredUser> FindUser(SQLite::Database& connection, const std::string& name) {
  Query query(connection, std::string(kSelectUser) + " WHERE name = ?", name);
  if (!query.executeStep()) return std::nullopt;
  return UserFromRow(query);
}

std::vector<StoredUser> ListUsers(SQLite::Database& connection) {
  Query query(connection, std::string(kSelectUser) + " ORDER BY name");
  std::vector<StoredUser> users;
  while (query.executeStep()) users.push_back(UserFromRow(query));
  return users;
}

bool DeleteUser(SQLite::Database& connection, const std::string& name) {
  return Query(connection, "DELETE FROM users WHERE name = ?", name).exec() > 0;
}

void InsertToken(SQLite::Database& connection, const StoredToken& token) {
  Query(connection, "INSERT INTO tokens (id, user, sha256, create_time, expire_time) VALUES (?, ?, ?, ?, ?)", token.id,
        token.user, token.sha256, token.create_time, token.expire_time)
      .exec();
}

std::optional<StoredToken> FindToken(SQLite::Database& connection, const std::string& id) {
  Query query(connection, std::string(kSelectToken) + " WHERE id = ?", id);
  if (!query.executeStep()) return std::nullopt;
  return TokenFromRow(query);
}

std::vector<StoredToken> ListTokens(SQLite::Database& connection) {
  Query query(connection, std::string(kSelectToken) + " ORDER BY user, create_time");
  std::vector<StoredToken> tokens;
  while (query.executeStep()) tokens.push_back(TokenFromRow(query));
  return tokens;
}

bool DeleteToken(SQLite::Database& connection, const std::string& id) {
  return Query(connection, "DELETE FROM tokens WHERE id = ?", id).exec() > 0;
}

}  // namespace modlab::server
