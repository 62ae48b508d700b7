#include "client/server_address.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
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
  return {.target = "unix:" + std::string(path), .socket_path = std::string(path), .files = {}};
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
        "'{}' is not a server's address; write HOST:PORT, unix:PATH, a socket's absolute path, or a name that "
        "`modlab server list` shows",
        Printable(text)));
  }
  return {.target = std::string(text), .socket_path = "", .files = {}};
}

ServerSettings SettingsOf(const Environment& environment) {
  const auto text = [&](const char* name) { return Find(environment, name).value_or(""); };
  return {Find(environment, "MODLAB_SERVER"),
          IsTrue(text("MODLAB_INSECURE")),
          {text("MODLAB_CA"), text("MODLAB_TOKEN_FILE"), text("MODLAB_CERT"), text("MODLAB_KEY")}};
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
  CredentialFiles& files = settings.files;
  const std::map<std::string, std::string*> paths = {
      {"ca", &files.ca}, {"token-file", &files.token}, {"cert", &files.certificate}, {"key", &files.key}};
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(file)) {
    const std::string value = item.inputs.empty() ? "" : item.inputs.front();
    const auto known = paths.find(item.fullname());
    if (item.inputs.size() == 1 && item.fullname() == "server") {
      settings.server = value;
    } else if (item.inputs.size() == 1 && item.fullname() == "insecure") {
      settings.insecure = IsTrue(value);
    } else if (item.inputs.size() == 1 && known != paths.end()) {
      *known->second = value;
    } else {
      throw UsageError(fmt::format(
          "{}: cannot use '{}'; the keys are server, insecure, ca, token-file, cert and key, one value each", path,
          Printable(item.fullname())));
    }
  }
  return settings;
}

std::optional<ServerAddress> ChooseServer(const ServerSettings& flags, const ServerSettings& environment,
                                          const ServerSettings& file, const NamedServers& named) {
  for (const ServerSettings* source : {&flags, &environment, &file}) {
    if (!source->server) continue;
    const auto found = named.find(*source->server);
    const ServerSettings& settings = found == named.end() ? *source : found->second;
    ServerAddress address = ParseServerAddress(settings.server.value_or(""));
    address.insecure = settings.insecure || flags.insecure;
    address.files = settings.files;
    const auto prefer = [](std::string& path, const std::string& flag) {
      if (!flag.empty()) path = flag;
    };
    prefer(address.files.ca, flags.files.ca);
    prefer(address.files.token, flags.files.token);
    prefer(address.files.certificate, flags.files.certificate);
    prefer(address.files.key, flags.files.key);
    return address;
  }
  return std::nullopt;
}

}  // namespace modlab::client
