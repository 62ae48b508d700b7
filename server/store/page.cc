#include "server/store/page.h"

#include <algorithm>
#include <charconv>

#include "server/store/blob_store.h"

namespace modlab::server {
namespace {

constexpr int kDefaultSize = 50;
constexpr int kLargestSize = 1000;

std::string FilterDigest(const std::string& filter) { return Sha256(filter).substr(0, 8); }

}  // namespace

std::string MakePageToken(int64_t last_sequence, const std::string& filter) {
  return std::to_string(last_sequence) + "-" + FilterDigest(filter);
}

std::optional<Page> ParsePage(int size, const std::string& token, const std::string& filter) {
  if (size < 0) return std::nullopt;
  Page page;
  page.size = size == 0 ? kDefaultSize : std::min(size, kLargestSize);
  if (token.empty()) return page;
  int64_t sequence = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), sequence);
  if (error != std::errc() || token.substr(static_cast<size_t>(end - token.data())) != "-" + FilterDigest(filter)) {
    return std::nullopt;
  }
  page.before_sequence = sequence;
  return page;
}

}  // namespace modlab::server
