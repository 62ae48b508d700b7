#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "client/connection.h"

namespace modlab::client {

/// Items that are asked for at a time. The server would give more, but a message holds 4 MiB, which many long errors
/// could fill.
inline constexpr int kLargestPage = 100;

/// Fetches pages until there are `limit` items (0: all of them) and joins them into one answer; its next_page_token
/// says whether there is more. `count` tells how many items an answer has.
template <typename Service, typename Request, typename Response, typename Count>
Response ListUpTo(Connection& connection, Connection::Method<Service, Request, Response> method, Request request,
                  int limit, const Count& count) {
  const int wanted = limit > 0 ? limit : std::numeric_limits<int>::max();
  Response all;
  do {
    request.set_page_size(std::min(wanted - count(all), kLargestPage));
    request.set_page_token(all.next_page_token());
    const Response page = connection.CallWithRetries(method, request);
    all.MergeFrom(page);
    all.set_next_page_token(page.next_page_token());
  } while (!all.next_page_token().empty() && count(all) < wanted);
  return all;
}

}  // namespace modlab::client
