#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/executor/files.h"

namespace modlab::server {

/// Appends records to an attempt's events.log: length (u32, little-endian), CRC-32 of the payload (u32), payload. One
/// write(2) for each record. Not thread safe.
class EventLogWriter {
 public:
  /// Creates the file if it is absent. Throws std::system_error.
  explicit EventLogWriter(const std::filesystem::path& path);
  /// `payload`: at most kMaxEventBytes; a longer one is std::logic_error. Throws std::system_error.
  void Append(std::string_view payload);

 private:
  FileDescriptor file_;
};

inline constexpr size_t kMaxEventBytes = 64 * 1024;
/// An events.log may not grow beyond this.
inline constexpr int64_t kMaxEventLogBytes = 16 * 1024 * 1024;

/// What a look at an events.log brought.
struct EventLogTail {
  std::vector<std::string> payloads;
  /// Where the next look starts: behind the last whole record.
  int64_t offset = 0;
};

/// Reads the whole records from `offset` on, about `max_bytes` of them at a time. A record that is not all there yet is
/// left for the next look. Treats the file as hostile: throws std::runtime_error where it is not a regular file, too
/// large, or holds a record with a wrong length or checksum. An absent file has no records.
EventLogTail ReadEventLog(const std::filesystem::path& path, int64_t offset, size_t max_bytes = 256 * 1024);

}  // namespace modlab::server
