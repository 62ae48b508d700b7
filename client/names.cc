#include "client/names.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string FullName(std::string_view collection, std::string_view id) {
  const std::size_t slash = id.find('/');
  const std::string_view bare = slash == std::string_view::npos ? id : id.substr(slash + 1);
  const bool right_collection = slash == std::string_view::npos || id.substr(0, slash) == collection;
  if (!right_collection || bare.empty() || bare.find('/') != std::string_view::npos) {
    throw UsageError(
        fmt::format("'{0}' is not an id of {1}; write {1}/ID, or the ID alone", Printable(id), collection));
  }
  return fmt::format("{}/{}", collection, bare);
}

}  // namespace

std::string ModelName(std::string_view id) { return FullName("models", id); }

std::string DatasetName(std::string_view id) { return FullName("datasets", id); }

std::string JobName(std::string_view id) { return FullName("jobs", id); }

std::string IdOf(std::string_view name) { return Printable(name.substr(name.find('/') + 1)); }

std::string NewRequestId() {
  std::random_device random;
  const auto word = [&random] { return static_cast<std::uint32_t>(random()); };
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", word(), word() & 0xFFFFU, word() & 0xFFFU,
                     (word() & 0x3FFFU) | 0x8000U, word() & 0xFFFFU, word());
}

}  // namespace modlab::client
