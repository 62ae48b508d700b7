#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "server/executor/attempt_directory.h"

namespace modlab::server {

/// What an operator wants of the sandbox.
enum class SandboxMode {
  kRequired,    ///< A job runs only where the sandbox is sufficient.
  kBestEffort,  ///< What can be had.
  kOff,         ///< Models run with the daemon's rights.
};
const char* ToString(SandboxMode mode);
/// Nothing for an unknown word.
std::optional<SandboxMode> ParseSandboxMode(const std::string& text);

/// What holds a process in.
struct SandboxLevel {
  bool system_calls = false;  ///< A seccomp filter.
  int landlock = 0;           ///< Version of Landlock; 0: none.
  bool namespaces = false;    ///< Mounts (an empty root with in/ and out/), network, IPC.
  bool own_uid = false;
  bool chroot = false;  ///< With an own uid, in place of namespaces.
  std::string missing;  ///< What could not be had and why, for people.

  /// A filter, and something that keeps it from the files of everybody else.
  bool Sufficient() const { return system_calls && (landlock > 0 || namespaces || (own_uid && chroot)); }
  /// `seccomp, Landlock 7, namespaces, own uid`; `nothing`.
  std::string Describe() const;
};

struct SandboxOptions {
  SandboxMode mode = SandboxMode::kRequired;
  std::optional<uid_t> uid;  ///< To change to, where this process is root.
  bool namespaces = false;   ///< Whether EnterNamespaces has moved this process.
};

/// Takes from this process and all its threads, for good, every right that a model must not have. Runs after LibTorch
/// is loaded and before the model is: a TorchScript model is a program, and loading it runs its code.
///
/// Left are: reading in(), writing plain files in out(), memory, threads, clocks, and standard output and error. The
/// working directory is the attempt's afterwards, and **its files are found by relative paths only**: what was
/// `directory` before is AttemptDirectory(".") now. Each part that cannot be had is left out and named in the level's
/// `missing`; nothing is done with SandboxMode::kOff. Throws std::system_error where the directory cannot be used, or a
/// part failed in a way that leaves the process neither in nor out.
SandboxLevel EnterSandbox(const AttemptDirectory& directory, const SandboxOptions& options);

}  // namespace modlab::server
