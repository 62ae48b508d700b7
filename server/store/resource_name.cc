#include "server/store/resource_name.h"

#include <sys/random.h>

#include <array>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kIdLength = 12;

}  // namespace

std::string NewId() {
  std::array<unsigned char, kIdLength> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) ThrowErrno("getrandom");
  std::string id;
  for (const unsigned char byte : bytes) id += kAlphabet[byte % kAlphabet.size()];
  return id;
}

std::string IdOf(std::string_view name) { return std::string(name.substr(name.find('/') + 1)); }

std::optional<std::string> ParseName(std::string_view name, std::string_view collection) {
  if (name.size() != collection.size() + 1 + kIdLength || !name.starts_with(collection) ||
      name[collection.size()] != '/') {
    return std::nullopt;
  }
  const std::string_view id = name.substr(collection.size() + 1);
  if (id.find_first_not_of(kAlphabet) != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

}  // namespace modlab::server
