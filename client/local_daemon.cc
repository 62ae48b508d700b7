#include "client/local_daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "client/compatibility.h"
#include "client/daemon_process.h"

namespace modlab::client {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPoll{10};
constexpr std::chrono::seconds kStartTime{10};
constexpr std::chrono::seconds kStopTime{20};

/// Whether somebody accepts connections on the socket. Cheaper than asking gRPC, which also would remember the failure.
bool Accepts(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const bool accepted = connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(descriptor);
  return accepted;
}

template <typename Condition>
bool WaitUntil(Clock::duration limit, const Condition& condition) {
  const Clock::time_point end = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

/// Held by the one client that starts or replaces the daemon; the others wait and then find it running. The kernel
/// drops it if the client dies.
class StartLock {
 public:
  explicit StartLock(const std::string& state_directory) {
    const std::string path = state_directory + "/start.lock";
    descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) {
      throw Failure(ExitCode::kUnreachable, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    }
    if (!WaitUntil(kStartTime + kStopTime, [this] { return flock(descriptor_, LOCK_EX | LOCK_NB) == 0; })) {
      close(descriptor_);
      throw Failure(ExitCode::kUnreachable, fmt::format("another modlab holds {} and does not finish", path));
    }
  }
  ~StartLock() { close(descriptor_); }
  StartLock(const StartLock&) = delete;
  StartLock& operator=(const StartLock&) = delete;

 private:
  int descriptor_;
};

/// What the daemon at the socket says about itself; nothing if none answers.
std::optional<v1::Server> RunningServer(Connection& connection, const LocalPaths& paths) {
  if (!Accepts(paths.socket)) return std::nullopt;
  try {
    return connection.Call(&v1::ServerService::Stub::GetServer, v1::GetServerRequest());
  } catch (const Failure&) {
    return std::nullopt;
  }
}

bool MustBeReplaced(const v1::Server& server) {
  return server.stopping() || (server.on_demand() && IsOlderVersion(server.version(), MODLAB_VERSION));
}

void StopOld(Connection& connection, const LocalPaths& paths, const v1::Server& server) {
  if (!server.stopping()) connection.Call(&v1::ServerService::Stub::StopServer, v1::StopServerRequest());
  const auto has_gone = [&] {
    RunningServer(connection, paths);  // a call is what lets us hear the server's goodbye, for which it waits
    return !IsRunningDaemon(server.pid());
  };
  if (!WaitUntil(kStopTime, has_gone)) {
    throw Failure(ExitCode::kUnreachable,
                  fmt::format("the server of version {} (process {}) was asked to stop and still runs",
                              server.version(), server.pid()));
  }
}

/// Whether a daemon has the data directory: its file `lock` names the process. It need not answer: it may be about to
/// leave, or listen elsewhere.
bool IsInUse(const std::string& state_directory) {
  std::ifstream lock(state_directory + "/lock");
  int pid = 0;
  return static_cast<bool>(lock >> pid) && IsRunningDaemon(pid);
}

void StartNew(const Environment& environment, const LocalPaths& paths, Connection& connection) {
  const Clock::time_point end = Clock::now() + kStartTime;
  const auto answers = [&] {
    const auto server = RunningServer(connection, paths);
    return server && !server->stopping();
  };
  while (true) {
    WaitUntil(end - Clock::now(), [&] { return answers() || !IsInUse(paths.state_directory); });
    if (answers()) return;
    DaemonProcess daemon(environment, paths);
    bool ended = false;
    WaitUntil(end - Clock::now(), [&] { return answers() || (ended = daemon.Ended()); });
    if (answers()) return;
    if (ended && IsInUse(paths.state_directory) && Clock::now() < end) continue;  // another one was faster
    const std::string log = daemon.LogEnd();
    throw Failure(ExitCode::kUnreachable,
                  fmt::format("the local server {}; its log {}{}{}", ended ? "did not start" : "does not answer",
                              daemon.log_path(), log.empty() ? " is empty" : " ends:\n", log));
  }
}

LocalPaths PrepareLocalPaths(const Environment& environment) {
  LocalPaths paths = FindLocalPaths(environment);
  MakePrivateDirectory(paths.socket_directory);
  MakeDirectories(paths.state_directory);
  return paths;
}

}  // namespace

std::unique_ptr<Connection> ConnectLocal(const Environment& environment) {
  const LocalPaths paths = PrepareLocalPaths(environment);
  auto connection = std::make_unique<Connection>(ParseServerAddress(paths.socket));
  if (const auto server = RunningServer(*connection, paths); server && !MustBeReplaced(*server)) return connection;

  const StartLock lock(paths.state_directory);
  if (const auto server = RunningServer(*connection, paths)) {  // somebody may have started it while we waited
    if (!MustBeReplaced(*server)) return connection;
    StopOld(*connection, paths, *server);
  }
  StartNew(environment, paths, *connection);
  return connection;
}

std::unique_ptr<Connection> FindLocal(const Environment& environment) {
  const LocalPaths paths = FindLocalPaths(environment);
  if (!Accepts(paths.socket)) return nullptr;
  MakePrivateDirectory(paths.socket_directory);
  return std::make_unique<Connection>(ParseServerAddress(paths.socket));
}

bool IsRunningDaemon(int pid) {
  // A zombie has no executable any more, and a pid that was given to another program has another one.
  std::error_code error;
  const auto program = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), error);
  return !error && program.filename().string().starts_with("modlabd");
}

}  // namespace modlab::client
