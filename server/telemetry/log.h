#pragma once

#include <string>

namespace modlab::server {

enum class LogFormat {
  kText,  ///< `2026-11-24T19:47:53.169+00:00 info listening on ... request=k3j2`
  kJson,  ///< One object a line: `time`, `level`, `message`, and the fields below.
};

/// Makes spdlog's default logger write to standard error. `level`: debug, info, warn or error.
void SetUpLog(const std::string& level, LogFormat format);

/// A field that every line which this thread logs carries as long as this lives: `job`, `attempt`, `request`, `user`.
/// To be destroyed in the reverse order of making, on the same thread.
class LogField {
 public:
  /// `key` must outlive this.
  LogField(const char* key, std::string value);
  ~LogField();
  LogField(const LogField&) = delete;
  LogField& operator=(const LogField&) = delete;
};

}  // namespace modlab::server
