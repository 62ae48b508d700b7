#include "server/supervisor/worker_log.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace modlab::server {

WorkerLog::WorkerLog(const std::filesystem::path& path, int64_t max_bytes)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)),
      left_(std::max<int64_t>(max_bytes, 0)) {
  if (!file_.valid() && !IsDiskFull({errno, std::generic_category()})) ThrowErrno("open " + path.string());
  open_ = file_.valid();
}

void WorkerLog::Append(std::string_view bytes) {
  if (!open_ || bytes.empty()) return;
  const auto fitting = bytes.substr(0, static_cast<size_t>(std::min<int64_t>(left_, INT32_MAX)));
  Write(fitting);
  left_ -= static_cast<int64_t>(fitting.size());
  if (fitting.size() == bytes.size()) return;
  Write("\n[modlab: the log is full; the rest of the output was thrown away]\n");
  open_ = false;
}

void WorkerLog::Write(std::string_view bytes) {
  if (!open_) return;
  try {
    WriteAll(file_.get(), bytes);
  } catch (const std::system_error&) {
    open_ = false;
  }
}

}  // namespace modlab::server
