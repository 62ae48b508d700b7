#include "client/server_address.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <vector>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

bool IsTrue(const std::string& value) { return value == "1" || value == "true" || value == "yes" || value == "on"; }

ServerAddress SocketAddress(std::string_view path) {
  if (path.empty()) throw UsageError("unix: needs the path of a socket, unix:/run/modlab/modlabd.sock, say");
  if (path.size() > static_cast<std::size_t>(kLongestSocketPath)) {
    throw UsageError(fmt::format("the socket's path {} has {} bytes; Linux allows {}", Printable(path), path.size(),
                                 kLongestSocketPath));
  }
  return {"unix:" + std::string(path), std::string(path)};
}

bool IsPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

}  // namespace

ServerAddress ParseServerAddress(std::string_view text) {
  if (text.starts_with("unix://")) return SocketAddress(text.substr(7));
  if (text.starts_with("unix:")) return SocketAddress(text.substr(5));
  if (text.starts_with("/")) return SocketAddress(text);
  const std::size_t colon = text.rfind(':');
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with("[") && host.ends_with("]");
  const bool plain = !host.empty() && host.find_first_of(":/[] ") == std::string_view::npos;
  if (colon == std::string_view::npos || !(bracketed || plain) || !IsPort(text.substr(colon + 1))) {
    throw UsageError(fmt::format(
        "'{}' is not a server's address; write HOST:PORT, unix:PATH or a socket's absolute path", Printable(text)));
  }
  return {std::string(text), ""};
}

ServerSettings SettingsOf(const Environment& environment) {
  return {Find(environment, "MODLAB_SERVER"), IsTrue(Find(environment, "MODLAB_INSECURE").value_or(""))};
}

std::string ConfigPath(const Environment& environment) {
  return XdgDirectory(environment, "XDG_CONFIG_HOME", ".config") + "/modlab/config";
}

ServerSettings ReadConfigFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw UsageError(fmt::format("cannot read the configuration file {}", path));
  }
  ServerSettings settings;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(file)) {
    const std::string value = item.inputs.empty() ? "" : item.inputs.front();
    if (item.fullname() == "server" && item.inputs.size() == 1) {
      settings.server = value;
    } else if (item.fullname() == "insecure" && item.inputs.size() == 1) {
      settings.insecure = IsTrue(value);
    } else {
      throw UsageError(fmt::format("{}: cannot use '{}'; the keys are server and insecure, one value each", path,
                                   Printable(item.fullname())));
    }
  }
  return settings;
}

std::optional<ServerAddress> ChooseServer(const ServerSettings& flags, const ServerSettings& environment,
                                          const ServerSettings& file) {
  for (const ServerSettings* source : {&flags, &environment, &file}) {
    if (!source->server) continue;
    ServerAddress address = ParseServerAddress(*source->server);
    const bool insecure = flags.insecure || environment.insecure || file.insecure;
    if (address.socket_path.empty() && !insecure) {
      throw UsageError(fmt::format(
          "{} would be spoken to without encryption or authentication; forward its socket by ssh and use unix:PATH, or "
          "say --insecure (MODLAB_INSECURE=1) if everybody on that network may see and change your work",
          address.target));
    }
    return address;
  }
  return std::nullopt;
}

}  // namespace modlab::client
