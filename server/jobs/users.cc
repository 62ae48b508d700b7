#include "server/jobs/users.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/random.h>

#include <array>
#include <stdexcept>

#include "server/jobs/request_error.h"
#include "server/store/blob_store.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

constexpr std::string_view kPrefix = "modlab_";
constexpr size_t kLongestUserName = 63;

std::string RandomDigits() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("the kernel gives no random numbers");
  }
  std::string digits;
  for (const unsigned char byte : bytes) digits += fmt::format("{:02x}", byte);
  return digits;
}

[[noreturn]] void ThrowUnauthenticated() {
  throw RequestError(modlab::v1::UNAUTHENTICATED,
                     "the token is unknown, revoked or out of date: ask the server's operator for another one");
}

// In a time that does not tell how much of it is right.
bool SameDigest(const std::string& a, const std::string& b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Principal Users::FromToken(std::string_view token) {
  if (!token.starts_with(kPrefix)) ThrowUnauthenticated();
  token.remove_prefix(kPrefix.size());
  const size_t split = token.find('_');
  if (split == std::string_view::npos) ThrowUnauthenticated();
  const std::string id(token.substr(0, split));
  const std::string digest = Sha256(token.substr(split + 1));
  const auto user = database_.Read([&](SQLite::Database& connection) -> std::optional<StoredUser> {
    const auto stored = FindToken(connection, id);
    if (!stored || !SameDigest(stored->sha256, digest) || stored->expire_time <= NowMicros()) return std::nullopt;
    return FindUser(connection, stored->user);
  });
  if (!user) ThrowUnauthenticated();
  return {user->name, user->role};
}

Principal Users::FromName(const std::string& name) {
  const auto user = database_.Read([&](SQLite::Database& connection) { return FindUser(connection, name); });
  if (!user) {
    throw RequestError(modlab::v1::UNAUTHENTICATED,
                       fmt::format("nobody named {} is a user here: ask the server's operator for that (modlabd user "
                                   "add {})",
                                   name, name));
  }
  return {user->name, user->role};
}

void CheckUserName(const std::string& name) {
  if (name.empty() || name.size() > kLongestUserName ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") != std::string::npos) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("`{}` cannot be a user's name: take 1 to {} of a-z, 0-9, `.`, `_` and `-`", name,
                                   kLongestUserName));
  }
}

void Users::Put(const std::string& name, modlab::v1::Role role) {
  CheckUserName(name);
  database_.Transact([&](SQLite::Database& connection) { PutUser(connection, name, role); });
}

std::string Users::MakeToken(const std::string& user, int64_t lifetime_micros) {
  const std::string secret = RandomDigits();
  const StoredToken token = {NewId(), user, Sha256(secret), NowMicros(), NowMicros() + lifetime_micros};
  database_.Transact([&](SQLite::Database& connection) {
    if (!FindUser(connection, user)) {
      throw RequestError(modlab::v1::RESOURCE_NOT_FOUND,
                         fmt::format("there is no user {} (`modlabd user add {}` makes one)", user, user));
    }
    InsertToken(connection, token);
  });
  return fmt::format("{}{}_{}", kPrefix, token.id, secret);
}

std::string Users::IdOfToken(const std::string& token) {
  return token.substr(kPrefix.size(), token.find('_', kPrefix.size()) - kPrefix.size());
}

}  // namespace modlab::server
