#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace modlab::server {

/// Where a page of a list starts and how long it is. Lists run from the newest row to the oldest.
struct Page {
  int size = 50;
  /// Only rows older than this one.
  std::optional<int64_t> before_sequence;
};

/// The token that continues after the row `last_sequence` of a list with this filter (any bytes that stand for it).
std::string MakePageToken(int64_t last_sequence, const std::string& filter);

/// The page that a request asks for: size 0 means 50, over 1000 means 1000. Nothing where the size is negative or the
/// token is not one of ours for this filter.
std::optional<Page> ParsePage(int size, const std::string& token, const std::string& filter);

}  // namespace modlab::server
