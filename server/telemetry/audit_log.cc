#include "server/telemetry/audit_log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

constexpr int64_t kLargestBytes = int64_t{64} << 20;
constexpr int kOldFiles = 9;

std::string Line(const AuditLog::Entry& entry) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  nlohmann::ordered_json line;
  line["time"] =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<time_t>(millis / 1000)), millis % 1000);
  line["user"] = entry.user;
  line["peer"] = entry.peer;
  line["action"] = entry.action;
  line["resource"] = entry.resource;
  line["outcome"] = entry.outcome;
  line["request"] = entry.request;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Where root does what the server's user could do, the file must stay that user's. Only one that nobody else can have
/// put there is given away: a file of root's own under another name is not.
void GiveToOwnerOf(const std::filesystem::path& directory, const FileDescriptor& file, const struct stat& status) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0 || owner.st_uid == 0) return;
  if (status.st_uid == owner.st_uid || status.st_nlink != 1) return;
  if (::fchown(file.get(), owner.st_uid, owner.st_gid) != 0) {
    spdlog::warn("the audit log cannot be given to the server's user: {}", std::strerror(errno));
  }
}

}  // namespace

void AuditLog::Write(const Entry& entry) noexcept {
  try {
    const std::string line = Line(entry);
    const std::lock_guard lock(mutex_);
    const FileDescriptor file(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    struct stat status {};
    if (!file.valid() || ::fstat(file.get(), &status) != 0) ThrowErrno("open " + path_.string());
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(path_.string() + " is not a regular file");
    GiveToOwnerOf(path_.parent_path(), file, status);
    WriteAll(file.get(), line);
    failed_ = false;
    if (SizeOf(file.get()) > kLargestBytes) Rotate();
  } catch (const std::exception& error) {
    if (!failed_) spdlog::error("the audit log cannot be written: {}", error.what());
    failed_ = true;
  }
}

void AuditLog::Rotate() {
  const auto old = [this](int number) { return fmt::format("{}.{}", path_.string(), number); };
  for (int number = kOldFiles; number > 1; --number) {
    std::error_code absent;
    std::filesystem::rename(old(number - 1), old(number), absent);
  }
  std::filesystem::rename(path_, old(1));
}

}  // namespace modlab::server
