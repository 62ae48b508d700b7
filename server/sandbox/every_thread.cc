#include "server/sandbox/every_thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>

namespace modlab::server {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);

std::atomic<int (*)()> current_call = nullptr;
std::atomic<int> answers = 0;
std::atomic<int> first_error = 0;

void Answer(int /*signal*/) {
  const int saved = errno;
  const int error = current_call.load()();
  int none = 0;
  if (error != 0) first_error.compare_exchange_strong(none, error);
  answers.fetch_add(1);
  errno = saved;
}

// False where the thread has not answered in time. One that has ended needs not.
bool Interrupt(int thread, int signal) {
  const int before = answers.load();
  if (::syscall(SYS_tgkill, ::getpid(), thread, signal) != 0) return errno == ESRCH;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (answers.load() == before) {
    if (::syscall(SYS_tgkill, ::getpid(), thread, 0) != 0) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

EveryThread::EveryThread() : tasks_(::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!tasks_.valid()) ThrowErrno("open /proc/self/task");
}

std::set<int> EveryThread::Ids() const {
  std::set<int> ids;
  DIR* directory = ::fdopendir(::fcntl(tasks_.get(), F_DUPFD_CLOEXEC, 0));
  if (directory == nullptr) ThrowErrno("list the threads");
  ::rewinddir(directory);
  while (const dirent* entry = ::readdir(directory)) {
    if (const int id = std::atoi(entry->d_name); id > 0) ids.insert(id);
  }
  ::closedir(directory);
  return ids;
}

// A sanitizer's own thread blocks every signal, and runs no code of a model.
bool EveryThread::Unreachable([[maybe_unused]] int id, [[maybe_unused]] int signal) const {
#ifdef MODLAB_SANITIZED
  const FileDescriptor file(::openat(tasks_.get(), (std::to_string(id) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  const std::string status = file.valid() ? ReadSome(file.get()).value_or("") : "";
  const size_t blocked = status.find("SigBlk:");
  return blocked != std::string::npos &&
         ((std::strtoull(status.c_str() + blocked + 7, nullptr, 16) >> (signal - 1)) & 1) != 0;
#else
  return false;
#endif
}

int EveryThread::Call(int (*call)()) {
  const int signal = SIGRTMIN + 3;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = Answer;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  current_call = call;
  first_error = 0;
  ::sigaction(signal, &action, &before);
  std::set<int> done = {static_cast<int>(::syscall(SYS_gettid))};
  // A thread that has not been reached may start another: look until there is no new one.
  for (bool more = true; more && first_error == 0;) {
    more = false;
    for (const int id : Ids()) {
      if (!done.insert(id).second || Unreachable(id, signal)) continue;
      more = true;
      if (!Interrupt(id, signal)) first_error = ETIMEDOUT;
    }
  }
  // A thread that was too slow may still get the signal: the handler stays then.
  if (first_error != ETIMEDOUT) ::sigaction(signal, &before, nullptr);
  return first_error != 0 ? first_error.load() : call();
}

}  // namespace modlab::server
