#include "tests/unit/server/worker/worker_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace modlab::server {

WorkerProcess::WorkerProcess() {
  std::array<int, 2> input{};
  std::array<int, 2> ready{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(ready.data(), O_CLOEXEC) != 0) ThrowErrno("pipe");
  const FileDescriptor input_read(input[0]);
  const FileDescriptor ready_write(ready[1]);
  input_ = FileDescriptor(input[1]);
  ready_ = FileDescriptor(ready[0]);
  const std::string number = std::to_string(ready_write.get());
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::dup2(input_read.get(), STDIN_FILENO);
  ::fcntl(ready_write.get(), F_SETFD, 0);
  ::setenv("OMP_NUM_THREADS", "1", 1);
  ::setenv("OPENBLAS_NUM_THREADS", "1", 1);
  ::execl(WORKER, "modlab-worker", "--ready-fd", number.c_str(), nullptr);
  ::_exit(126);
}

WorkerProcess::~WorkerProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void WorkerProcess::WaitUntilReady() const {
  char byte = 0;
  if (::read(ready_.get(), &byte, 1) != 1) throw std::runtime_error("the worker never was ready");
}

void WorkerProcess::Assign(const std::string& directory) {
  WriteAll(input_.get(), directory + "\n");
  CloseInput();
}

void WorkerProcess::Signal(int signal) const { ::kill(pid_, signal); }

int WorkerProcess::Wait() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) ThrowErrno("wait for the worker");
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace modlab::server
