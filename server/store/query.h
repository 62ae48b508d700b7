#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace modlab::server {

/// A prepared statement with its arguments bound in order: text, integers (an absent optional one is NULL), enums,
/// messages (serialised, as blobs).
class Query : public SQLite::Statement {
 public:
  template <typename... Arguments>
  Query(const SQLite::Database& connection, const std::string& sql, const Arguments&... arguments)
      : SQLite::Statement(connection, sql) {
    (Add(arguments), ...);
  }

  /// Binds the next argument.
  template <typename Argument>
  void Add(const Argument& argument) {
    ++bound_;
    if constexpr (std::is_base_of_v<google::protobuf::MessageLite, Argument>) {
      const std::string bytes = argument.SerializeAsString();
      bind(bound_, bytes.data(), static_cast<int>(bytes.size()));
    } else if constexpr (std::is_same_v<Argument, std::optional<int64_t>>) {
      if (argument) {
        bind(bound_, *argument);
      } else {
        bind(bound_);
      }
    } else if constexpr (std::is_enum_v<Argument> || std::is_integral_v<Argument>) {
      bind(bound_, static_cast<int64_t>(argument));
    } else {
      bind(bound_, std::string(argument));
    }
  }

 private:
  int bound_ = 0;
};

/// A message from a blob column; false, and the message untouched, where the column is NULL.
template <typename Message>
bool ParseColumn(const SQLite::Column& column, Message* message) {
  if (column.isNull()) return false;
  return message->ParseFromArray(column.getBlob(), column.getBytes());
}

/// Microseconds since 1970 to a timestamp.
google::protobuf::Timestamp ToTimestamp(int64_t micros);

}  // namespace modlab::server
