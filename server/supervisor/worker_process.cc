#include "server/supervisor/worker_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "server/sandbox/namespaces.h"

namespace modlab::server {
namespace {

constexpr size_t kMaxReportBytes = 4096;

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) ThrowErrno("make a pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// What of the daemon's environment a worker sees; nothing that could hold a secret.
constexpr std::array kInheritedVariables = {
    "PATH",         "HOME",          "LANG",         "TMPDIR",       "LD_LIBRARY_PATH",      "OPENBLAS_CORETYPE",
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "CUDA_VISIBLE_DEVICES", "OPENBLAS_L2_SIZE"};
// LibTorch, OpenBLAS and OpenMP each have a thread pool of their own, sized when they are loaded; a worker has its own.
// Where a training lets OpenMP have threads, these are to wait for more work for microseconds, not for milliseconds in
// which the worker's own threads want the cores.
constexpr std::array kThreadSettings = {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1",
                                        "GOMP_SPINCOUNT=20000"};

// OpenBLAS before 0.3.25 knows Intel's CPUs by their model alone: on one that is newer than itself it takes the kernels
// of a CPU without AVX, four times slower. Null: it does know, or there are no better ones.
const char* OpenBlasCore() {
#ifdef __x86_64__
  if (__builtin_cpu_is("intel") == 0) return nullptr;
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) return "Haswell";
#endif
  return nullptr;
}

std::vector<std::string> WorkerEnvironment() {
  std::vector<std::string> environment;
  for (const char* name : kInheritedVariables) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  const char* core = std::getenv("OPENBLAS_CORETYPE") == nullptr ? OpenBlasCore() : nullptr;
  if (core != nullptr) environment.push_back(std::string("OPENBLAS_CORETYPE=") + core);
  environment.insert(environment.end(), kThreadSettings.begin(), kThreadSettings.end());
  return environment;
}

std::vector<char*> PointersTo(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

struct ChildSetup {
  char* const* arguments;
  char* const* arguments_in_namespaces;
  bool namespaces;  // Whether to try.
  char* const* environment;
  pid_t parent;
  int cgroup;  // Where to write "0" to be in it; -1: there is none.
  int input;
  int output;
  int ready;
  int failure;  // Gets errno where exec fails; closed by an exec that works.
};

// Runs in the child between fork and exec: system calls only.
[[noreturn]] void ExecWorker(const ChildSetup& setup) {
  ::setpgid(0, 0);
  if (setup.cgroup >= 0) {
    [[maybe_unused]] const ssize_t ignored = ::write(setup.cgroup, "0", 1);
  }
  const bool moved = setup.namespaces && EnterNamespaces();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != setup.parent) ::_exit(1);  // It died before the line above.
  for (const int signal : {SIGHUP, SIGINT, SIGPIPE}) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // If the machine runs out of memory, let it be the worker that goes.
  if (const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); score >= 0) {
    [[maybe_unused]] const ssize_t ignored = ::write(score, "500", 3);
  }
  if (::dup2(setup.input, STDIN_FILENO) >= 0 && ::dup2(setup.output, STDOUT_FILENO) >= 0 &&
      ::dup2(setup.output, STDERR_FILENO) >= 0 && ::fcntl(setup.ready, F_SETFD, 0) == 0) {
    ::execve(setup.arguments[0], moved ? setup.arguments_in_namespaces : setup.arguments, setup.environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t ignored = ::write(setup.failure, &error, sizeof(error));
  ::_exit(127);
}

// Direct children of this process, zombies included. Empty where the kernel does not tell.
std::vector<pid_t> Children() {
  std::ifstream list("/proc/thread-self/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

// Kills and reaps them all, also those that become our children when their parents die.
void KillChildren() {
  for (std::vector<pid_t> children = Children(); !children.empty(); children = Children()) {
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  }
}

// Without one, there are still the limits that are looked at from here.
std::unique_ptr<WorkerCgroup> MakeCgroup(const std::string& delegated) {
  if (delegated.empty()) return nullptr;
  try {
    return std::make_unique<WorkerCgroup>(delegated);
  } catch (const std::system_error& error) {
    std::cerr << "modlab-supervisor: the worker has no cgroup: " << error.what() << "\n";
    return nullptr;
  }
}

}  // namespace

WorkerProcess::WorkerProcess(const std::string& program, SandboxMode sandbox, const std::string& cgroup)
    : cgroup_(MakeCgroup(cgroup)) {
  // Orphans of the worker become our children, so that none outlives the job.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Pipe input = MakePipe();
  Pipe output = MakePipe();
  Pipe ready = MakePipe();
  Pipe failure = MakePipe();
  std::vector<std::string> arguments = {program,     "--ready-fd",      std::to_string(ready.write.get()),
                                        "--sandbox", ToString(sandbox), "--namespaces"};
  std::vector<std::string> environment = WorkerEnvironment();
  const std::vector<char*> namespaces_pointers = PointersTo(arguments);
  arguments.pop_back();
  const std::vector<char*> argument_pointers = PointersTo(arguments);
  const std::vector<char*> environment_pointers = PointersTo(environment);
  const ChildSetup setup = {.arguments = argument_pointers.data(),
                            .arguments_in_namespaces = namespaces_pointers.data(),
                            .namespaces = sandbox != SandboxMode::kOff,
                            .environment = environment_pointers.data(),
                            .parent = ::getpid(),
                            .cgroup = cgroup_ ? cgroup_->entrance() : -1,
                            .input = input.read.get(),
                            .output = output.write.get(),
                            .ready = ready.write.get(),
                            .failure = failure.write.get()};
  pid_ = ::fork();
  if (pid_ == 0) ExecWorker(setup);
  if (pid_ < 0) throw std::runtime_error(std::string("cannot start another process: ") + std::strerror(errno));

  failure.write = FileDescriptor();
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(failure.read.get(), &error, sizeof(error))) < 0 && errno == EINTR) {
  }
  if (got > 0) {
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error("cannot run " + program + ": " + std::strerror(error));
  }
  input_ = std::move(input.write);
  output_ = std::move(output.read);
  reports_ = std::move(ready.read);
  for (const FileDescriptor* descriptor : {&output_, &reports_}) ::fcntl(descriptor->get(), F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
  if (reaped_) return;
  Kill();
  ::waitpid(pid_, nullptr, 0);
  KillChildren();
}

void WorkerProcess::ReadReport() {
  const std::optional<std::string> bytes = ReadSome(reports_.get());
  if (!bytes && (errno == EAGAIN || errno == EINTR)) return;
  report_ += bytes.value_or("");
  if (!bytes || bytes->empty() || report_.size() > kMaxReportBytes) reports_ = FileDescriptor();
}

std::string WorkerProcess::sandbox() const {
  const size_t start = report_.find('\n');
  if (start == std::string::npos) return "";
  const size_t end = report_.find('\n', start + 1);
  if (end == std::string::npos) return "";
  const std::string level = report_.substr(start + 1, end - start - 1);
  return cgroup_ ? level + ", " + cgroup_->level() : level;
}

void WorkerProcess::Limit(const WorkerCgroup::Limits& limits) {
  if (cgroup_) cgroup_->Limit(limits);
}

void WorkerProcess::KeepLimits() const {
  if (cgroup_) cgroup_->KeepLimits();
}

void WorkerProcess::Assign(const std::string& directory) {
  try {
    WriteAll(input_.get(), directory + "\n");
  } catch (const std::system_error&) {
    // It is dead, and its end is about to be reaped.
  }
  input_ = FileDescriptor();
}

WorkerProcess::Usage WorkerProcess::CurrentUsage() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  Usage usage;
  for (std::string line; std::getline(status, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = std::string_view(line).substr(0, colon);
    const int64_t value = std::strtoll(line.c_str() + colon + 1, nullptr, 10);
    if (key == "RssAnon" || key == "RssShmem" || key == "VmSwap") usage.memory_bytes += value * 1024;
    if (key == "Threads") usage.threads = value;
  }
  return usage;
}

void WorkerProcess::Terminate() {
  if (!reaped_) ::kill(pid_, SIGTERM);
}

void WorkerProcess::Kill() {
  if (!reaped_) ::kill(-pid_, SIGKILL);
  if (cgroup_) cgroup_->Kill();
}

std::optional<WorkerProcess::Exit> WorkerProcess::Reap() {
  if (reaped_) return std::nullopt;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_) {
    return std::nullopt;
  }
  Kill();  // The group's number cannot belong to anybody else as long as its dead leader is not reaped.
  Exit exit;
  struct rusage usage {};
  ::wait4(pid_, &exit.wait_status, 0, &usage);
  reaped_ = true;
  exit.met_memory_limit = cgroup_ && cgroup_->MetMemoryLimit();
  exit.peak_memory_bytes = static_cast<int64_t>(usage.ru_maxrss) * 1024;
  KillChildren();
  return exit;
}

}  // namespace modlab::server
