#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "client/output/text.h"
#include "modlab/v1/access.pb.h"

namespace modlab::client {

/// `with everyone`, `with bob, carol`; empty where it is its owner's alone.
inline std::string SharingText(v1::Sharing sharing, const google::protobuf::RepeatedPtrField<std::string>& users) {
  if (sharing == v1::EVERYONE) return "with everyone";
  std::string text;
  for (const std::string& user : users) text += (text.empty() ? "with " : ", ") + Printable(user);
  return text;
}

}  // namespace modlab::client
