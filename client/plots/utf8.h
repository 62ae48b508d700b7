#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modlab::client::plots {

/// The code points of a text that may be anything: bytes that are not UTF-8, code points that XML does not allow, and
/// those that turn the direction of what follows become U+FFFD; line breaks and tabs become spaces.
std::vector<char32_t> ShownCodePoints(std::string_view text);

/// Appends a code point in UTF-8.
void AppendUtf8(char32_t code_point, std::string& text);

}  // namespace modlab::client::plots
