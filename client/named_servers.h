#pragma once

#include <optional>
#include <string>

#include "client/environment.h"
#include "client/server_address.h"

namespace modlab::client {

/// Servers that the user has given names, each in a file `NAME` of `$XDG_CONFIG_HOME/modlab/servers/`, with the keys of
/// the configuration file. All throw UsageError.
NamedServers ReadNamedServers(const Environment& environment);

/// Writes or replaces one. `token`: kept beside it, for its user's eyes alone, where there is one. A name is 1 to 63 of
/// `a-z0-9_-`, and not `local`, which is the user's own server.
void AddNamedServer(const Environment& environment, const std::string& name, ServerSettings settings,
                    const std::optional<std::string>& token);
/// With the token that was kept beside it.
void RemoveNamedServer(const Environment& environment, const std::string& name);

/// Makes the configuration file name this server, by its name or address; nothing: none, so that the local one is
/// meant. Its other lines stay as they are.
void SetDefaultServer(const Environment& environment, const std::optional<std::string>& server);

}  // namespace modlab::client
