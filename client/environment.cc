#include "client/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <string_view>

namespace modlab::client {

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> Find(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::string XdgDirectory(const Environment& environment, const std::string& variable, const std::string& fallback) {
  const std::optional<std::string> given = Find(environment, variable);
  if (given && given->front() == '/') return *given;
  const std::optional<std::string> home = Find(environment, "HOME");
  if (home) return *home + "/" + fallback;
  const passwd* const user = getpwuid(geteuid());
  return std::string(user != nullptr ? user->pw_dir : "") + "/" + fallback;
}

}  // namespace modlab::client
