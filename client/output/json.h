#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace modlab::client {

// proto3 JSON. Numbers, strings, enums and lists are printed even where they are zero or empty, so that a script finds
// every field that it looks for; fields marked `optional`, and messages, only where they are set.

/// On several lines, for people and scripts alike; ends in a newline.
std::string Json(const google::protobuf::Message& message);

/// On one line, for streams of messages (JSON Lines); ends in a newline.
std::string JsonLine(const google::protobuf::Message& message);

/// A string in quotes.
std::string JsonString(std::string_view text);

/// On several lines, with only the fields that are set: what a person would write.
std::string SparseJson(const google::protobuf::Message& message);

}  // namespace modlab::client
