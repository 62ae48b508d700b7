#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "modlab/v1/access.pb.h"
#include "server/store/shares_table.h"

namespace modlab::server {

/// Checks what somebody says about who may read a thing of theirs, in a request's fields `prefix`sharing and
/// `prefix`shared_with. Within a transaction. Returns the sharing, with PRIVATE for nothing. Throws RequestError
/// FIELD_INVALID.
modlab::v1::Sharing CheckSharing(SQLite::Database& connection, modlab::v1::Sharing sharing,
                                 const UserNames& shared_with, const std::string& prefix);

}  // namespace modlab::server
