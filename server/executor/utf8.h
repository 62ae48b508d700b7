#pragma once

#include <string>
#include <string_view>

namespace modlab::server {

/// `text` as protobuf's strings must be: every byte that is not part of well-formed UTF-8 (RFC 3629) becomes U+FFFD.
/// What comes from a model (names, messages) can hold any byte. A longer one than `max_bytes` is cut off between
/// characters.
std::string ToUtf8(std::string_view text, size_t max_bytes = 4096);

}  // namespace modlab::server
