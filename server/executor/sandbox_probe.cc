#include "server/executor/sandbox_probe.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "server/executor/attempt_directory.h"
#include "server/executor/files.h"

namespace modlab::server {

namespace fs = std::filesystem;

SandboxReport ProbeSandbox(const fs::path& supervisor, SandboxMode mode, uid_t uid, const fs::path& scratch) {
  const AttemptDirectory directory(scratch / "probe");
  RemoveTree(directory.root());
  fs::create_directories(directory.in());
  fs::create_directories(directory.artifacts());
  OpenToOwnUids(directory);

  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) ThrowErrno("make a pipe");
  const FileDescriptor reading(pipe[0]);
  FileDescriptor writing(pipe[1]);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  std::array<std::string, 7> words = {supervisor.string(), "--probe-sandbox", directory.root().string(), "--sandbox",
                                      ToString(mode),      "--uid",           std::to_string(uid)};
  std::array<char*, 8> arguments{};
  for (size_t i = 0; i < words.size(); ++i) arguments.at(i) = words.at(i).data();
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "run " + supervisor.string());

  writing = FileDescriptor();
  SandboxReport report;
  for (std::optional<std::string> some = ReadSome(reading.get()); !some || !some->empty();
       some = ReadSome(reading.get())) {
    if (!some && errno != EINTR) break;
    report.text += some.value_or("");
  }
  while (!report.text.empty() && report.text.back() == '\n') report.text.pop_back();
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  report.sufficient = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  RemoveTree(directory.root());
  return report;
}

}  // namespace modlab::server
