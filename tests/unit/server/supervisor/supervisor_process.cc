#include "tests/unit/server/supervisor/supervisor_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>

namespace modlab::server {

SupervisorProcess::SupervisorProcess(const std::string& worker, const std::filesystem::path& standard_error) {
  // A worker whose supervisor was killed becomes ours, so that its end can be seen.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) ThrowErrno("pipe");
  const FileDescriptor read(pipe[0]);
  input_ = FileDescriptor(pipe[1]);
  const FileDescriptor errors(::open(standard_error.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::setsid();
  ::dup2(read.get(), STDIN_FILENO);
  ::dup2(errors.get(), STDERR_FILENO);
  // A descriptor that must not reach the worker, as a daemon might have.
  ::dup2(errors.get(), 50);
  ::execl(SUPERVISOR, "modlab-supervisor", "--worker", worker.c_str(), nullptr);
  ::_exit(126);
}

SupervisorProcess::~SupervisorProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void SupervisorProcess::Assign(const std::filesystem::path& directory) {
  WriteAll(input_.get(), directory.string() + "\n");
  CloseInput();
}

void SupervisorProcess::Signal(int signal) const { ::kill(pid_, signal); }

int SupervisorProcess::Wait() {
  const int status = WaitForProcess(pid_);
  pid_ = -1;
  return status;
}

int WaitForProcess(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) ThrowErrno("wait for " + std::to_string(pid));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

pid_t WaitForNumber(const std::filesystem::path& path) {
  constexpr int tries = 60'000;
  for (int i = 0; i < tries && !std::filesystem::exists(path); ++i) ::usleep(1000);
  pid_t number = -1;
  if (!(std::ifstream(path) >> number)) throw std::runtime_error("nobody wrote " + path.string());
  return number;
}

}  // namespace modlab::server
