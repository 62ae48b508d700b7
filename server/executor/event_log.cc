#include "server/executor/event_log.h"

#include <fcntl.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace modlab::server {
namespace {

constexpr size_t kHeaderBytes = 8;

void PutU32(char* to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

uint32_t GetU32(const char* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return value;
}

uint32_t Checksum(std::string_view payload) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const unsigned char*>(payload.data()), static_cast<unsigned>(payload.size())));
}

}  // namespace

EventLogWriter::EventLogWriter(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (!file_.valid()) ThrowErrno("open " + path.string());
}

void EventLogWriter::Append(std::string_view payload) {
  if (payload.size() > kMaxEventBytes) throw std::logic_error("event of " + std::to_string(payload.size()) + " bytes");
  std::string record(kHeaderBytes, '\0');
  PutU32(record.data(), static_cast<uint32_t>(payload.size()));
  PutU32(record.data() + 4, Checksum(payload));
  record += payload;
  WriteAll(file_.get(), record);
}

EventLogTail ReadEventLog(const std::filesystem::path& path, int64_t offset, size_t max_bytes) {
  EventLogTail tail;
  tail.offset = offset;
  const FileDescriptor file = OpenUntrusted(path, kMaxEventLogBytes);
  if (!file.valid()) return tail;
  const std::string bytes = ReadAt(file.get(), offset, std::max(max_bytes, kHeaderBytes + kMaxEventBytes));
  size_t at = 0;
  while (bytes.size() - at >= kHeaderBytes) {
    const uint32_t length = GetU32(bytes.data() + at);
    if (length > kMaxEventBytes)
      throw std::runtime_error("events.log: a record of " + std::to_string(length) + " bytes");
    if (bytes.size() - at - kHeaderBytes < length) break;
    const std::string_view payload(bytes.data() + at + kHeaderBytes, length);
    if (GetU32(bytes.data() + at + 4) != Checksum(payload)) throw std::runtime_error("events.log: a wrong checksum");
    tail.payloads.emplace_back(payload);
    at += kHeaderBytes + length;
  }
  tail.offset = offset + static_cast<int64_t>(at);
  return tail;
}

}  // namespace modlab::server
