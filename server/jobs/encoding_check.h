#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace modlab::server {

/// Looks through the bytes of a message before they are parsed: hostile bytes can become a message that takes a hundred
/// times their size, and minutes, to build. Only fields that the message's type knows are taken, with their own wire
/// types, at most 1,000,000 of them and 100,000 messages in all, and messages in messages 32 deep. Returns what is
/// wrong in words, or nothing. O(size).
std::string ProblemOfEncoding(std::string_view bytes, const google::protobuf::Descriptor& type);

}  // namespace modlab::server
