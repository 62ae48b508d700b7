#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>

namespace modlab::server {

/// A creation that may be asked for twice. Made of the request as it came; used within the transaction that creates.
class IdempotentRequest {
 public:
  /// `method` keeps equal bodies of different methods apart. Throws RequestError FIELD_INVALID for an id of over 128
  /// characters.
  IdempotentRequest(const std::string& owner, const std::string& method, const std::string& request_id,
                    const google::protobuf::Message& request);

  /// The name of what an equal request created before. Throws RequestError REQUEST_ID_REUSED where the id came with
  /// another body.
  std::optional<std::string> EarlierResource(SQLite::Database& connection) const;
  /// Notes what this request created; nothing where it has no id.
  void Remember(SQLite::Database& connection, const std::string& resource) const;

 private:
  std::string owner_;
  std::string request_id_;
  std::string digest_;
};

}  // namespace modlab::server
