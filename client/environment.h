#pragma once

#include <map>
#include <optional>
#include <string>

namespace modlab::client {

/// Environment variables, by name. A value of its own rather than getenv, so that tests can make one.
using Environment = std::map<std::string, std::string>;

/// This process's, as it was started.
Environment ProcessEnvironment();

/// The variable's value; nothing if it is unset or empty, which mean the same everywhere here.
std::optional<std::string> Find(const Environment& environment, const std::string& name);

/// The directory that the XDG Base Directory Specification's `variable` names, or else `fallback` below the user's
/// home. Relative values are ignored, as the specification demands.
std::string XdgDirectory(const Environment& environment, const std::string& variable, const std::string& fallback);

}  // namespace modlab::client
