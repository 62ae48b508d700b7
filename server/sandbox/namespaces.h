#pragma once

#include "server/executor/attempt_directory.h"

namespace modlab::server {

/// Moves the calling process, which must have no other thread, into namespaces of its own: mounts, network, System V
/// IPC and, where it takes that to be allowed, users (where it becomes root, so that an exec keeps the right to mount).
/// False where the system refuses. System calls only: may run between fork and exec. Clears PR_SET_PDEATHSIG.
bool EnterNamespaces();

/// For a process that EnterNamespaces has moved: takes the whole file system away from it and all its threads, but for
/// the attempt's in(), which cannot be written, and out(), where nothing can be executed. They are `/in` and `/out`
/// afterwards, and `/` is the working directory. Needs the right to mount; does not give it up. Throws
/// std::system_error where the system does not allow it, which leaves the process as it was, but for mounts of its own;
/// and std::runtime_error where it is left half way.
void HideFileSystem(const AttemptDirectory& directory);

}  // namespace modlab::server
