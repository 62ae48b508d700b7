#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/environment.h"

namespace modlab::client {

/// Longest path that a Unix socket can have on Linux, in bytes.
inline constexpr int kLongestSocketPath = 107;

/// Files in which a server and its user prove to each other who they are; empty where there is none.
struct CredentialFiles {
  std::string ca;           ///< Signs the server's certificate; empty: one of the system's authorities.
  std::string token;        ///< Holds the user's token.
  std::string certificate;  ///< The user's, with `key`.
  std::string key;
};

/// Where a server listens, and how to speak to it.
struct ServerAddress {
  /// What gRPC connects to: `unix:PATH` or `HOST:PORT`.
  std::string target;
  /// The socket's path, empty for HOST:PORT.
  std::string socket_path;
  /// Whether to speak to HOST:PORT without TLS.
  bool insecure = false;
  CredentialFiles files;
};

/// Reads `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or an absolute path of a socket. Throws UsageError.
ServerAddress ParseServerAddress(std::string_view text);

/// What one source (command line, environment, a configuration file) says about the server.
struct ServerSettings {
  std::optional<std::string> server;  ///< An address, or a name that `modlab server add` has given.
  bool insecure = false;
  CredentialFiles files;
};

/// MODLAB_SERVER, MODLAB_INSECURE, MODLAB_CA, MODLAB_TOKEN_FILE, MODLAB_CERT and MODLAB_KEY.
ServerSettings SettingsOf(const Environment& environment);

/// `$XDG_CONFIG_HOME/modlab/config`.
std::string ConfigPath(const Environment& environment);

/// Lines `server = "HOST:PORT"`, `insecure = true`, and files as `ca`, `token-file`, `cert` and `key`; `#` comments. An
/// absent file is empty; an unknown key or an unreadable file throws UsageError.
ServerSettings ReadConfigFile(const std::string& path);

/// Servers by name.
using NamedServers = std::map<std::string, ServerSettings>;

/// The server to talk to: flags over environment over file. Nothing if none of them names one: then the user's own
/// local daemon is meant. Files and `insecure` go with the server that stands beside them, so that no token is shown to
/// another one, and none is spoken to without TLS for another's sake: those of a source with its address, those of a
/// named server with its name. Only the flags' are added to any. Throws UsageError for an address that is none.
std::optional<ServerAddress> ChooseServer(const ServerSettings& flags, const ServerSettings& environment,
                                          const ServerSettings& file, const NamedServers& named);

}  // namespace modlab::client
