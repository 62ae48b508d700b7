#pragma once

#include <optional>

#include "server/executor/attempt_directory.h"
#include "server/executor/files.h"

namespace modlab::server {

/// Version of the Landlock that the running kernel has; 0: none, or it is switched off.
int LandlockAbi();

/// Rights that are left of the file system: read below in(), read, write and make files below out(). No TCP from
/// version 4 on; no signals to, and no abstract sockets of, processes outside from version 6 on. The descriptor is for
/// RestrictThread. Throws std::system_error.
FileDescriptor MakeLandlockRules(const AttemptDirectory& directory);

/// Takes all other rights from the calling thread, for good. It must have no_new_privs. A system call, no more: safe in
/// a signal handler. 0 or an error number.
int RestrictThread(int rules);

}  // namespace modlab::server
