#pragma once

#include <string>

#include "client/environment.h"

namespace modlab::client {

/// Where the user's own daemon lives.
struct LocalPaths {
  /// The daemon's data directory, `$XDG_STATE_HOME/modlab`; the client keeps `daemon.log` and `start.lock` in it.
  std::string state_directory;
  /// Holds the socket and is the user's alone (mode 0700), which is what protects the daemon.
  std::string socket_directory;
  /// At most kLongestSocketPath bytes.
  std::string socket;
};

/// `$XDG_RUNTIME_DIR/modlab/modlabd.sock`. Where that variable is unset, or the path too long for a socket,
/// `/tmp/modlab-UID/HASH.sock`, the hash being of the path that was wanted and of the state directory, so that daemons
/// with different data do not meet. Touches no file.
LocalPaths FindLocalPaths(const Environment& environment);

/// Makes `path` and what is missing above it, mode 0700. Throws Failure (kUnreachable) if that is not possible.
void MakeDirectories(const std::string& path);

/// Makes `path` if it is not there, and makes sure that it is a directory, not a link, owned by this user and closed to
/// all others. Throws Failure (kUnreachable) with what to do about it otherwise: in a place like /tmp somebody else
/// could have made it to listen in our stead.
void MakePrivateDirectory(const std::string& path);

}  // namespace modlab::client
