#include "server/sandbox/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "server/executor/files.h"
#include "server/sandbox/every_thread.h"
#include "server/sandbox/landlock.h"
#include "server/sandbox/namespaces.h"
#include "server/sandbox/system_calls.h"

namespace modlab::server {
namespace {

constexpr std::array<std::pair<SandboxMode, const char*>, 3> kModes = {
    {{SandboxMode::kRequired, "required"}, {SandboxMode::kBestEffort, "best-effort"}, {SandboxMode::kOff, "off"}}};

void Missing(SandboxLevel& level, const std::string& part, const std::string& why) {
  level.missing += (level.missing.empty() ? "" : "; ") + part + ": " + why;
}

void GiveAway(const std::filesystem::path& path, uid_t uid) {
  if (::fchownat(AT_FDCWD, path.c_str(), uid, uid, AT_SYMLINK_NOFOLLOW) != 0) ThrowErrno("give " + path.string());
}

// For all threads (libc sees to that). The kernel forgets on this occasion that we die with our parent.
void ChangeUid(uid_t uid) {
  const pid_t parent = ::getppid();
  if (::setgroups(0, nullptr) != 0 || ::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0) {
    ThrowErrno("become uid " + std::to_string(uid));
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::raise(SIGKILL);
}

std::atomic<int> landlock_rules = -1;

// What the kernel keeps for each thread.
int RestrictCallingThread() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (landlock_rules >= 0) {
    if (const int error = RestrictThread(landlock_rules); error != 0) return error;
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  return ::syscall(SYS_capset, &header, none.data()) == 0 ? 0 : errno;
}

void RestrictThreads(EveryThread& threads, const FileDescriptor& rules) {
  landlock_rules = rules.get();
  if (const int error = threads.Call(RestrictCallingThread); error != 0) {
    throw std::system_error(error, std::generic_category(), "take the rights of every thread");
  }
}

}  // namespace

const char* ToString(SandboxMode mode) {
  for (const auto& [known, name] : kModes) {
    if (known == mode) return name;
  }
  return "unknown";
}

std::optional<SandboxMode> ParseSandboxMode(const std::string& text) {
  for (const auto& [mode, name] : kModes) {
    if (text == name) return mode;
  }
  return std::nullopt;
}

std::string SandboxLevel::Describe() const {
  std::string text;
  const auto add = [&](bool has, const std::string& part) {
    if (has) text += (text.empty() ? "" : ", ") + part;
  };
  add(system_calls, "seccomp");
  add(landlock > 0, "Landlock " + std::to_string(landlock));
  add(namespaces, "namespaces");
  add(own_uid, "own uid");
  add(chroot, "chroot");
  return text.empty() ? "nothing" : text;
}

SandboxLevel EnterSandbox(const AttemptDirectory& directory, const SandboxOptions& options) {
  if (::chdir(directory.root().c_str()) != 0) ThrowErrno("enter " + directory.root().string());
  SandboxLevel level;
  if (options.mode == SandboxMode::kOff) return level;
  const AttemptDirectory here(".");
  EveryThread threads;

  if (options.uid) {
    GiveAway(here.out(), *options.uid);
    GiveAway(here.artifacts(), *options.uid);
  } else {
    Missing(level, "own uid", "the server does not run as root");
  }
  if (options.namespaces) {
    try {
      HideFileSystem(here);
      level.namespaces = true;
    } catch (const std::system_error& error) {
      Missing(level, "namespaces", error.what());
    }
  } else {
    Missing(level, "namespaces", "the system does not let the server make them");
  }
  if (!level.namespaces) level.chroot = options.uid && ::chroot(".") == 0;
  if (options.uid) {
    ChangeUid(*options.uid);
    level.own_uid = true;
  }
  FileDescriptor rules;
  if (LandlockAbi() > 0) {
    rules = MakeLandlockRules(here);
    level.landlock = LandlockAbi();
  } else {
    Missing(level, "Landlock", "the kernel has none (5.13 has, unless it is switched off)");
  }
  RestrictThreads(threads, rules);
  rules = FileDescriptor();
  try {
    RestrictSystemCalls();
    level.system_calls = true;
  } catch (const std::runtime_error& error) {
    Missing(level, "seccomp", error.what());
  }
  return level;
}

}  // namespace modlab::server
