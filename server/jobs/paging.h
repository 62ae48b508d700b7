#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "server/jobs/request_error.h"
#include "server/store/page.h"

namespace modlab::server {

/// The page that a list request asks for. Throws RequestError FIELD_INVALID where ParsePage gives nothing.
inline Page RequirePage(int size, const std::string& token, const std::string& filter) {
  if (size < 0) {
    throw RequestError(modlab::v1::FIELD_INVALID, "a page has 0 (as the server likes) to 1000 entries", "page_size");
  }
  const auto page = ParsePage(size, token, filter);
  if (!page) {
    throw RequestError(modlab::v1::FIELD_INVALID, "the page token is not one for this list: start without a token",
                       "page_token");
  }
  return *page;
}

/// The entries of a list that a page holds, where the list is at hand whole and tokens are positions in it.
struct Slice {
  int64_t first = 0;
  int64_t last = 0;
  std::string next_page_token;  ///< Empty where the list ends.
};
inline Slice SliceOf(const Page& page, size_t count, const std::string& filter) {
  const auto end = static_cast<int64_t>(count);
  Slice slice;
  slice.first = std::clamp<int64_t>(page.before_sequence.value_or(0), 0, end);
  slice.last = std::min(end, slice.first + page.size);
  if (slice.last < end) slice.next_page_token = MakePageToken(slice.last, filter);
  return slice;
}

/// What a page token must agree with: the request without its page fields.
template <typename Request>
std::string FilterOf(Request request) {
  request.clear_page_size();
  request.clear_page_token();
  return request.ShortDebugString();
}

}  // namespace modlab::server
