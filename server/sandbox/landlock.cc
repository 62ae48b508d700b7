#include "server/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace modlab::server {
namespace {

// The kernel's header on Debian 12 ends at version 2; the numbers are the kernel's interface and never change.
constexpr uint64_t kTruncate = uint64_t{1} << 14;           // Version 3.
constexpr uint64_t kIoctlDevice = uint64_t{1} << 15;        // Version 5.
constexpr uint64_t kTcp = (1 << 0) | (1 << 1);              // Version 4: bind, connect.
constexpr uint64_t kScopes = (1 << 0) | (1 << 1);           // Version 6: abstract Unix sockets, signals.
constexpr uint64_t kFirstRights = (uint64_t{1} << 13) - 1;  // Version 1.

struct Ruleset {
  uint64_t files = 0;
  uint64_t network = 0;
  uint64_t scoped = 0;
};

void Allow(int rules, const std::filesystem::path& path, uint64_t rights) {
  const FileDescriptor directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) ThrowErrno("open " + path.string());
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = rights;
  beneath.parent_fd = directory.get();
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
    ThrowErrno("allow " + path.string());
  }
}

}  // namespace

int LandlockAbi() {
  const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

FileDescriptor MakeLandlockRules(const AttemptDirectory& directory) {
  const int abi = LandlockAbi();
  Ruleset ruleset;
  ruleset.files = kFirstRights;
  if (abi >= 2) ruleset.files |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) ruleset.files |= kTruncate;
  if (abi >= 4) ruleset.network = kTcp;
  if (abi >= 5) ruleset.files |= kIoctlDevice;
  if (abi >= 6) ruleset.scoped = kScopes;
  FileDescriptor rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0)));
  if (!rules.valid()) ThrowErrno("make Landlock rules");
  const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  const uint64_t write = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                         (ruleset.files & kTruncate);
  Allow(rules.get(), directory.in(), read);
  Allow(rules.get(), directory.out(), read | write);
  return rules;
}

int RestrictThread(int rules) { return ::syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 0 : errno; }

}  // namespace modlab::server
