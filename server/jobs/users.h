#pragma once

#include <string>
#include <string_view>

#include "server/jobs/authorize.h"
#include "server/store/database.h"
#include "server/store/users_table.h"

namespace modlab::server {

/// Throws RequestError FIELD_INVALID for a user's name that is not 1 to 63 of `a-z0-9._-`.
void CheckUserName(const std::string& name);

/// The users of a server and what they show to be let in. Thread safe; other processes may work on the same database.
///
/// A token is `modlab_ID_SECRET`, with 256 random bits in its secret, of which only the SHA-256 is kept: so many bits
/// need no slow hash. Throws RequestError and StorageError.
class Users {
 public:
  explicit Users(Database& database) : database_(database) {}

  /// Who a token belongs to. Errors: UNAUTHENTICATED, with a sentence that does not say whether the token ever was one.
  Principal FromToken(std::string_view token);
  /// A user by name, as a verified certificate or the system gives it. Errors: UNAUTHENTICATED.
  Principal FromName(const std::string& name);

  /// Makes a user, or changes a user's role. Errors: those of CheckUserName.
  void Put(const std::string& name, modlab::v1::Role role);
  /// A new token of a user, the only time that it can be seen. Errors: RESOURCE_NOT_FOUND.
  std::string MakeToken(const std::string& user, int64_t lifetime_micros);
  /// The part of a token that names it and may be shown.
  static std::string IdOfToken(const std::string& token);

 private:
  Database& database_;
};

}  // namespace modlab::server
