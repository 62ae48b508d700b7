#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "server/executor/files.h"

namespace modlab::server {

/// What a worker prints, in the attempt's `log`. After `max_bytes` one line says that the rest is missing, and the rest
/// is thrown away; so is everything after a write that fails (a full disk must not end the job).
class WorkerLog {
 public:
  /// Throws std::system_error.
  WorkerLog(const std::filesystem::path& path, int64_t max_bytes);
  void Append(std::string_view bytes);

 private:
  void Write(std::string_view bytes);

  FileDescriptor file_;
  int64_t left_;
  bool open_ = true;
};

}  // namespace modlab::server
