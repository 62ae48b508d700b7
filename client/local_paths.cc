#include "client/local_paths.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "client/digest.h"
#include "client/errors.h"
#include "client/server_address.h"

namespace modlab::client {
namespace {

constexpr mode_t kPrivate = 0700;

[[noreturn]] void Refuse(const std::string& path, const std::string& why) {
  throw Failure(ExitCode::kUnreachable, fmt::format("cannot keep a local server's files in {}: {}", path, why));
}

std::string Reason(int error) { return std::generic_category().message(error); }

}  // namespace

LocalPaths FindLocalPaths(const Environment& environment) {
  LocalPaths paths;
  paths.state_directory = XdgDirectory(environment, "XDG_STATE_HOME", ".local/state") + "/modlab";
  const std::string runtime_directory = Find(environment, "XDG_RUNTIME_DIR").value_or("");
  if (runtime_directory.starts_with("/")) {
    paths.socket_directory = runtime_directory + "/modlab";
    paths.socket = paths.socket_directory + "/modlabd.sock";
    if (paths.socket.size() <= kLongestSocketPath) return paths;
  }
  const std::string digest = Sha256Of(paths.socket + '\n' + paths.state_directory);
  paths.socket_directory = fmt::format("/tmp/modlab-{}", geteuid());
  paths.socket = fmt::format("{}/{}.sock", paths.socket_directory, digest.substr(0, 16));
  return paths;
}

void MakeDirectories(const std::string& path) {
  const std::filesystem::path directory(path);
  if (directory.has_parent_path() && directory.parent_path() != directory &&
      access(directory.parent_path().c_str(), F_OK) != 0) {
    MakeDirectories(directory.parent_path());
  }
  if (mkdir(path.c_str(), kPrivate) != 0 && errno != EEXIST) {
    Refuse(path, Reason(errno) + "; set XDG_RUNTIME_DIR and XDG_STATE_HOME to directories of yours");
  }
}

void MakePrivateDirectory(const std::string& path) {
  MakeDirectories(path);
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) Refuse(path, Reason(errno));
  if (!S_ISDIR(status.st_mode)) Refuse(path, "it is not a directory; remove it");
  if (status.st_uid != geteuid())
    Refuse(path, "it belongs to another user; set XDG_RUNTIME_DIR to a directory of yours");
  if ((status.st_mode & 077U) != 0) {
    Refuse(path, fmt::format("other users may enter it (mode {:04o}); run chmod 700 on it", status.st_mode & 07777U));
  }
}

}  // namespace modlab::client
