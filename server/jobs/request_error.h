#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "modlab/v1/error.pb.h"

namespace modlab::server {

/// A request that cannot be accepted. `what()` is the sentence for the user: what is wrong, where, what to do.
class RequestError : public std::runtime_error {
 public:
  RequestError(modlab::v1::Reason reason, const std::string& message, std::string field = "",
               std::map<std::string, std::string> metadata = {})
      : std::runtime_error(message), reason_(reason), field_(std::move(field)), metadata_(std::move(metadata)) {}

  modlab::v1::Reason reason() const { return reason_; }
  /// Path of the field at fault, empty for none.
  const std::string& field() const { return field_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  modlab::v1::Reason reason_;
  std::string field_;
  std::map<std::string, std::string> metadata_;
};

/// Refuses the value of the field at `field`: throws FIELD_INVALID.
[[noreturn]] inline void RefuseField(const std::string& field, const std::string& message) {
  throw RequestError(modlab::v1::FIELD_INVALID, message, field);
}

}  // namespace modlab::server
