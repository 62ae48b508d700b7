// Runs a program as another user, or as on a system that lacks what the sandbox is made of:
//
//     hindered [--uid N] [--no-landlock] [--no-namespaces] [--no-mounts] [--no-uids] PROGRAM ARGUMENT...
//
// A seccomp filter of its own makes the system calls fail as they do there.
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

void Fail(const char* what) {
  std::perror(what);
  std::exit(125);
}

}  // namespace

int main(int argc, char** argv) {
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  uid_t uid = 0;
  bool filtered = false;
  int next = 1;
  for (; next < argc && argv[next][0] == '-'; ++next) {
    if (std::strcmp(argv[next], "--uid") == 0) {
      uid = static_cast<uid_t>(std::atoi(argv[++next]));
    } else if (std::strcmp(argv[next], "--no-landlock") == 0) {
      for (const char* name : {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}) {
        ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), ::seccomp_syscall_resolve_name(name), 0);
      }
      filtered = true;
    } else if (std::strcmp(argv[next], "--no-mounts") == 0) {
      ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mount), 0);
      filtered = true;
    } else if (std::strcmp(argv[next], "--no-uids") == 0) {
      ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(fchownat), 0);
      filtered = true;
    } else if (std::strcmp(argv[next], "--no-namespaces") == 0) {
      ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0);
      filtered = true;
    }
  }
  // Without no_new_privs, which root need not set: what runs below must be able to set it itself.
  ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
  if (filtered && ::seccomp_load(filter) != 0) Fail("seccomp");
  if (uid != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(uid) != 0 || ::setuid(uid) != 0)) Fail("setuid");
  ::execv(argv[next], argv + next);
  Fail(argv[next]);
}
