#pragma once

#include <filesystem>
#include <mutex>
#include <string>

namespace modlab::server {

/// Who did what: every call that changes something or takes content away, every one that was refused for want of
/// rights, and what the operator does about users and tokens. One JSON object a line, in a file that only the server's
/// user can read; tokens and contents never stand in it.
///
/// The file is opened anew for every line, so that it may be moved away at any time. At 64 MiB it is moved to `.1`, and
/// older ones on to `.9`. Thread safe; several processes may write at once.
class AuditLog {
 public:
  struct Entry {
    std::string user;      ///< Empty where nobody knows.
    std::string peer;      ///< Where the call came from: `ipv4:10.0.0.7:51234`, `unix:`, `operator`.
    std::string action;    ///< `CreateJob`, `token create`.
    std::string resource;  ///< `jobs/abc`. Empty where there is none.
    std::string outcome;   ///< `OK`, or a gRPC status code's name.
    std::string request;   ///< The request's id, as in the log.
  };

  explicit AuditLog(std::filesystem::path path) : path_(std::move(path)) {}

  /// What cannot be written is told in the log, once.
  void Write(const Entry& entry) noexcept;

 private:
  void Rotate();

  const std::filesystem::path path_;
  std::mutex mutex_;
  bool failed_ = false;
};

}  // namespace modlab::server
