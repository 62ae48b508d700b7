#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modlab {

/// Text from a file or a model, for a sentence: bytes that are no well-formed UTF-8 (RFC 3629) or control a terminal
/// are written as `\x1b`; a longer one than `max_bytes` is cut off between characters.
std::string Shown(std::string_view text, size_t max_bytes);

/// Likewise, between quotation marks.
std::string Quoted(std::string_view text, size_t max_bytes = 64);

/// What can be had instead of `wanted`, for a sentence: `"pixel1", "pixel10", "label" and 780 more`, those first that
/// are spelt most alike (Levenshtein's distance; among the first thousand, which bounds the time). `nothing` where
/// there are no names.
std::string NearNames(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace modlab
