#include "server/sandbox/system_calls.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace modlab::server {
namespace {

// What LibTorch, OpenBLAS, libc and our own code call once a job runs. A name that this architecture does not have is
// skipped. None of them reaches beyond the process but through paths, and those are Landlock's business, the uid's and
// the mount namespace's; truncate(2) is not here since an old Landlock does not know it.
constexpr std::array kAllowed = {
    // Memory.
    "brk mmap munmap mprotect mremap madvise mincore membarrier get_mempolicy",
    // Threads and their waiting; starting one is below.
    "futex futex_waitv set_robust_list get_robust_list rseq set_tid_address gettid exit exit_group "
    "sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_min "
    "sched_get_priority_max restart_syscall",
    // Signals to oneself.
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigsuspend sigaltstack pause",
    // Clocks and facts.
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage getcpu uname "
    "sysinfo getpid getppid getuid geteuid getgid getegid getrandom getrlimit getpriority",
    // Files.
    "open openat close read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek "
    "_llseek fstat stat lstat newfstatat statx fstatfs statfs access faccessat faccessat2 readlink "
    "readlinkat getdents64 getcwd fsync fdatasync ftruncate fallocate fadvise64 rename renameat renameat2 "
    "unlink unlinkat umask dup poll ppoll select pselect6 copy_file_range sendfile",
#ifdef MODLAB_SANITIZED
    "pipe2 prctl sched_setaffinity",
#endif
};

// Attempts at these are no accident.
constexpr const char* kViolations =
    "socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg "
    "recvmmsg execve execveat fork vfork ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd "
    "pidfd_send_signal kcmp mount umount2 pivot_root chroot fsopen fsmount open_tree move_mount "
    "mount_setattr unshare setns io_uring_setup io_uring_enter io_uring_register bpf perf_event_open "
    "userfaultfd keyctl add_key request_key init_module finit_module delete_module kexec_load "
    "kexec_file_load reboot swapon swapoff setuid setgid setreuid setregid setresuid setresgid setgroups "
    "capset personality truncate link linkat symlink symlinkat mknod mknodat chown fchown lchown fchownat "
    "memfd_create memfd_secret shmget shmat msgget semget mq_open name_to_handle_at open_by_handle_at "
    "fanotify_init inotify_init inotify_init1 acct quotactl syslog iopl ioperm modify_ldt setsid setpgid "
    "landlock_create_ruleset";

// For the handler, filled before the filter is in force: numbers and names of violations.
std::vector<std::pair<int, std::string>> named_calls;

const char* NameOfCall(int number) {
  for (const auto& [known, name] : named_calls) {
    if (known == number) return name.c_str();
  }
  return "unknown";
}

// A filter's SIGSYS: says which call, then lets the signal end the process. System calls only.
void TellAndDie(int signal, siginfo_t* info, void* /*context*/) {
  const char* name = NameOfCall(info->si_syscall);
  for (const char* part : {"modlab: the sandbox forbids the system call ", name, "\n"}) {
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, part, std::strlen(part));
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

class Filter {
 public:
  Filter() : filter_(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), ::seccomp_release) {
    if (!filter_) throw std::runtime_error("seccomp: no filter could be made");
    Check(::seccomp_attr_set(filter_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "foreign architectures");
    Check(::seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1), "all threads");
  }

  /// `conditions` are on arguments, and all must hold. A call unknown to this architecture is passed over.
  template <typename... Conditions>
  void Add(uint32_t action, const std::string& name, Conditions... conditions) {
    const int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) return;  // Younger than libseccomp.
    Check(::seccomp_rule_add(filter_.get(), action, number, sizeof...(conditions), conditions...), name);
    if (action == SCMP_ACT_TRAP) named_calls.emplace_back(number, name);
  }

  /// For each of the names in a text, without conditions.
  void AddAll(uint32_t action, const char* names) {
    std::istringstream words(names);
    for (std::string name; words >> name;) Add(action, name);
  }

  void Load() { Check(::seccomp_load(filter_.get()), "the kernel does not take the filter"); }

 private:
  static void Check(int result, const std::string& what) {
    if (result < 0) throw std::runtime_error("seccomp: " + what + ": " + std::strerror(-result));
  }

  std::unique_ptr<void, decltype(&::seccomp_release)> filter_;
};

scmp_datum_t Datum(int value) { return static_cast<scmp_datum_t>(static_cast<uint32_t>(value)); }

}  // namespace

void RestrictSystemCalls() {
  Filter filter;
  for (const char* names : kAllowed) filter.AddAll(SCMP_ACT_ALLOW, names);
  filter.AddAll(SCMP_ACT_TRAP, kViolations);

  // Threads, but no processes. libc falls back to clone, whose flags a filter can see, where there is no clone3.
  constexpr scmp_datum_t thread = CLONE_THREAD;
  constexpr scmp_datum_t namespaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  filter.Add(SCMP_ACT_ALLOW, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, thread | namespaces, thread));
  filter.Add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
#ifdef MODLAB_SANITIZED
  filter.Add(SCMP_ACT_ALLOW, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, thread, 0));
#else
  filter.Add(SCMP_ACT_TRAP, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, thread, 0));
  filter.Add(SCMP_ACT_ALLOW, "prctl", SCMP_A0_32(SCMP_CMP_EQ, PR_SET_NAME));
#ifdef PR_SET_VMA
  filter.Add(SCMP_ACT_ALLOW, "prctl", SCMP_A0_32(SCMP_CMP_EQ, PR_SET_VMA));
#endif
#endif
  // Signals to this process, as abort() sends them; to no other.
  for (const char* name : {"kill", "tgkill"}) {
    filter.Add(SCMP_ACT_ALLOW, name, SCMP_A0_32(SCMP_CMP_EQ, Datum(::getpid())));
    filter.Add(SCMP_ACT_TRAP, name, SCMP_A0_32(SCMP_CMP_NE, Datum(::getpid())));
  }
  filter.Add(SCMP_ACT_TRAP, "tkill");
  // Flags of descriptors; no locks on files, no signals for them.
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC}) {
    filter.Add(SCMP_ACT_ALLOW, "fcntl", SCMP_A1_32(SCMP_CMP_EQ, Datum(command)));
  }
  // One's own limits may be read.
  filter.Add(SCMP_ACT_ALLOW, "prlimit64", SCMP_A0_32(SCMP_CMP_EQ, 0), SCMP_A2_64(SCMP_CMP_EQ, 0));

  struct sigaction action {};
  action.sa_sigaction = TellAndDie;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSYS, &action, nullptr);
  filter.Load();
}

}  // namespace modlab::server
