#include "server/jobs/sharing.h"

#include <fmt/format.h>

#include "server/jobs/request_error.h"
#include "server/store/users_table.h"

namespace modlab::server {

modlab::v1::Sharing CheckSharing(SQLite::Database& connection, modlab::v1::Sharing sharing,
                                 const UserNames& shared_with, const std::string& prefix) {
  if (!modlab::v1::Sharing_IsValid(sharing)) {
    throw RequestError(modlab::v1::FIELD_INVALID, "unknown sharing: this server knows PRIVATE and EVERYONE",
                       prefix + "sharing");
  }
  for (const std::string& user : shared_with) {
    if (FindUser(connection, user)) continue;
    throw RequestError(modlab::v1::FIELD_INVALID, fmt::format("there is no user `{}` on this server", user),
                       prefix + "shared_with");
  }
  return sharing == modlab::v1::SHARING_UNSPECIFIED ? modlab::v1::PRIVATE : sharing;
}

}  // namespace modlab::server
