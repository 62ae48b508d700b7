#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modlab::server {

/// A new id: 12 characters of a to z and 2 to 7, from the kernel's random numbers.
std::string NewId();

/// The id in `collection/id`; the name must be one of ours.
std::string IdOf(std::string_view name);

/// The id in a name that a user gave, if it is well formed and of this collection (`jobs`).
std::optional<std::string> ParseName(std::string_view name, std::string_view collection);

}  // namespace modlab::server
