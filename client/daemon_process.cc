#include "client/daemon_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string DaemonProgram(const Environment& environment) {
  if (const auto given = Find(environment, "MODLAB_DAEMON")) return std::filesystem::absolute(*given);
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return self.parent_path() / "modlabd";
}

/// A log that grows for ever would fill the disk: one old one is kept.
void RotateLog(const std::string& path) {
  constexpr off_t largest_log = 4 << 20;
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && status.st_size > largest_log) rename(path.c_str(), (path + ".old").c_str());
}

off_t FileSize(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

/// posix_spawn's two argument objects, set up for a daemon and freed.
class SpawnSettings {
 public:
  explicit SpawnSettings(const std::string& log_path) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, "/");  // or it would keep a file system from being unmounted

    // This process blocks SIGINT (see interrupt.h); the daemon must not inherit that.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

DaemonProcess::DaemonProcess(const Environment& environment, const LocalPaths& paths)
    : log_path_(paths.state_directory + "/daemon.log") {
  std::string program = DaemonProgram(environment);
  if (access(program.c_str(), X_OK) != 0) {
    throw Failure(
        ExitCode::kUnreachable,
        fmt::format("no server is configured, and there is no program {} to start one; install modlabd there, "
                    "set MODLAB_DAEMON to it, or name a server with --server",
                    program));
  }
  RotateLog(log_path_);
  log_start_ = FileSize(log_path_);
  const SpawnSettings settings(log_path_);
  std::array<std::string, 6> arguments = {
      program, "--listen", "unix:" + paths.socket, "--data-dir", paths.state_directory, "--on-demand"};
  std::array<char*, arguments.size() + 1> pointers{};
  for (std::size_t i = 0; i < arguments.size(); ++i) pointers.at(i) = arguments.at(i).data();
  const int error =
      posix_spawn(&pid_, program.c_str(), settings.actions(), settings.attributes(), pointers.data(), environ);
  if (error != 0) {
    throw Failure(ExitCode::kUnreachable, fmt::format("cannot start {} with its log in {}: {}", program, log_path_,
                                                      std::generic_category().message(error)));
  }
}

bool DaemonProcess::Ended() { return waitpid(pid_, nullptr, WNOHANG) == pid_; }

std::string DaemonProcess::LogEnd() const {
  std::ifstream log(log_path_);
  log.seekg(log_start_);
  std::string text{std::istreambuf_iterator<char>(log), {}};
  constexpr std::size_t longest = 1500;
  if (text.size() > longest) text.erase(0, text.find('\n', text.size() - longest) + 1);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace modlab::client
