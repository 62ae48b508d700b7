#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/environment.h"

namespace modlab::client {

/// Longest path that a Unix socket can have on Linux, in bytes.
inline constexpr int kLongestSocketPath = 107;

/// Where a server listens.
struct ServerAddress {
  /// What gRPC connects to: `unix:PATH` or `HOST:PORT`.
  std::string target;
  /// The socket's path, empty for HOST:PORT.
  std::string socket_path;
};

/// Reads `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or an absolute path of a socket. Throws UsageError.
ServerAddress ParseServerAddress(std::string_view text);

/// What one source (command line, environment, or configuration file) says about the server.
struct ServerSettings {
  std::optional<std::string> server;
  bool insecure = false;
};

/// MODLAB_SERVER and MODLAB_INSECURE.
ServerSettings SettingsOf(const Environment& environment);

/// `$XDG_CONFIG_HOME/modlab/config`.
std::string ConfigPath(const Environment& environment);

/// Lines `server = "HOST:PORT"` and `insecure = true`, `#` comments. An absent file is empty; an unknown key or an
/// unreadable file throws UsageError.
ServerSettings ReadConfigFile(const std::string& path);

/// The server to talk to: flags over environment over file. Nothing if none of them names one: then the user's own
/// local daemon is meant. An address without encryption leaves the machine only if some source said `insecure`;
/// otherwise throws UsageError.
std::optional<ServerAddress> ChooseServer(const ServerSettings& flags, const ServerSettings& environment,
                                          const ServerSettings& file);

}  // namespace modlab::client
