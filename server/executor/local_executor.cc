#include "server/executor/local_executor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace modlab::server {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kYoung = std::chrono::seconds(5);
constexpr auto kRest = std::chrono::seconds(10);

/// Read once: later a descriptor could be wanting, and without it no process would be known again.
const std::string& BootId() {
  static const std::string id = [] {
    std::string line;
    if (!(std::ifstream("/proc/sys/kernel/random/boot_id") >> line)) ThrowErrno("read the boot's id");
    return line;
  }();
  return id;
}

/// Field 22 of /proc/PID/stat: clock ticks from boot to the process's start. Nothing where it is gone, or a zombie.
/// Throws std::system_error where that cannot be told, for want of a descriptor, say.
std::optional<std::string> StartTime(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/stat", pid);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto read = file.valid() ? ReadSome(file.get()) : std::nullopt;
  if (!read) {
    if (errno == ENOENT || errno == ESRCH) return std::nullopt;
    ThrowErrno("read " + path);
  }
  const std::string& text = *read;
  const size_t behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(behind_name + 1));
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return std::nullopt;
  }
  return field;
}

std::string NameOf(pid_t pid) { return fmt::format("{}:{}:{}", pid, StartTime(pid).value_or("gone"), BootId()); }

/// The pid of a name, if that very process still lives.
std::optional<pid_t> Living(const std::string& name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || pid <= 1) return std::nullopt;
  // Our own children stay zombies until they are waited for; a daemon that took them up has none.
  ::waitpid(pid, nullptr, WNOHANG);
  if (!StartTime(pid) || NameOf(pid) != name) return std::nullopt;
  return pid;
}

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  /// A session of its own, and no signal blocked or ignored.
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

LocalExecutor::Waiting LocalExecutor::Spawn() const {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) ThrowErrno("make a pipe");
  const FileDescriptor reading(pipe[0]);
  Waiting waiting;
  waiting.assignment = FileDescriptor(pipe[1]);
  FileActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), reading.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), STDERR_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  Attributes attributes;
  std::vector<std::string> words = {options_.supervisor.string(), "--worker", options_.worker.string(), "--sandbox",
                                    ToString(options_.sandbox)};
  if (!options_.cgroup.empty()) words.insert(words.end(), {"--cgroup", options_.cgroup.string()});
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error =
      ::posix_spawn(&waiting.pid, words[0].c_str(), actions.get(), attributes.get(), arguments.data(), environ);
  if (error != 0) {
    throw StartError(fmt::format("the server cannot start its supervisor {}: {}: reinstall modlab on the server",
                                 options_.supervisor.string(), std::strerror(error)));
  }
  waiting.name = NameOf(waiting.pid);
  waiting.started = Clock::now();
  return waiting;
}

std::string LocalExecutor::Prepare() {
  DropDead();
  Waiting waiting;
  if (warm_.empty()) {
    waiting = Spawn();
  } else {
    waiting = std::move(warm_.front());
    warm_.erase(warm_.begin());
  }
  std::string name = waiting.name;
  prepared_[name] = std::move(waiting);
  return name;
}

void LocalExecutor::Assign(const std::string& process, const std::filesystem::path& attempt) {
  const auto found = prepared_.find(process);
  if (found == prepared_.end()) return;
  try {
    WriteAll(found->second.assignment.get(), attempt.string() + "\n");
  } catch (const std::system_error& error) {
    spdlog::warn("supervisor {} is gone before its attempt: {}", process, error.what());
  }
  prepared_.erase(found);
}

bool LocalExecutor::Running(const std::string& process) { return Living(process).has_value(); }

void LocalExecutor::Cancel(const std::string& process, bool force) {
  prepared_.erase(process);  // a supervisor without an attempt leaves when its standard input closes
  if (const auto pid = Living(process)) ::kill(*pid, force ? SIGUSR1 : SIGTERM);
}

void LocalExecutor::Reap() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void LocalExecutor::DropDead() {
  std::erase_if(warm_, [&](const Waiting& waiting) {
    if (Living(waiting.name)) return false;
    if (Clock::now() - waiting.started < kYoung) warm_again_ = Clock::now() + kRest;
    return true;
  });
}

void LocalExecutor::KeepWarm() {
  DropDead();
  if (Clock::now() < warm_again_) return;
  try {
    while (warm() < options_.warm) warm_.push_back(Spawn());
  } catch (const std::exception& error) {
    spdlog::error("cannot keep workers warm: {}", error.what());
    warm_again_ = Clock::now() + kRest;
  }
}

}  // namespace modlab::server
