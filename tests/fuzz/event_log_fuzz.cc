// What a worker writes into events.log: server/executor/event_log, and what the scheduler makes of its records.

#include <fstream>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/event_log.h"
#include "server/executor/utf8.h"
#include "server/jobs/encoding_check.h"
#include "server/jobs/result_check.h"
#include "tests/fuzz/check.h"
#include "tests/unit/server/temporary_directory.h"

using namespace modlab::server;
using modlab::internal::WorkerEvent;

namespace {

constexpr size_t kLongestText = 4096;

/// The input as it is, or, where it begins with a 1, cut at every two bytes of length into records whose checksums are
/// right, and an end that is none.
void WriteLog(const std::filesystem::path& path, std::string_view input) {
  std::filesystem::remove(path);
  if (input.empty() || input[0] != 1) {
    std::ofstream(path, std::ios::binary) << input;
    return;
  }
  input.remove_prefix(1);
  EventLogWriter writer(path);
  while (input.size() >= 2) {
    const size_t length = static_cast<unsigned char>(input[0]) + 256U * static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    if (length > input.size()) break;
    writer.Append(input.substr(0, length));
    input.remove_prefix(length);
  }
  std::ofstream(path, std::ios::binary | std::ios::app) << input;
}

void CheckText(const std::string& text) {
  FUZZ_CHECK(text.size() <= kLongestText && ToUtf8(text) == text);
  for (const char c : text) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void CheckEvent(const std::string& payload) {
  WorkerEvent event;
  if (!ProblemOfEncoding(payload, *WorkerEvent::descriptor()).empty()) return;
  if (!event.ParseFromString(payload) || !SanitizeEvent(&event)) return;
  if (event.has_progress()) CheckText(event.progress().phase());
  if (event.has_log()) CheckText(event.log().text());
  if (event.has_metric()) CheckText(event.metric().name());
  WorkerEvent again;
  FUZZ_CHECK(again.ParseFromString(event.SerializeAsString()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TemporaryDirectory directory;
  const auto path = directory.path() / "events.log";
  WriteLog(path, {reinterpret_cast<const char*>(data), size});
  std::vector<std::string> payloads;
  int64_t offset = 0;
  try {
    while (true) {
      const EventLogTail tail = ReadEventLog(path, offset, 64);
      FUZZ_CHECK(tail.offset >= offset && tail.offset <= static_cast<int64_t>(std::filesystem::file_size(path)));
      if (tail.payloads.empty()) break;
      FUZZ_CHECK(tail.offset > offset);
      offset = tail.offset;
      for (const std::string& payload : tail.payloads) CheckEvent(payload);
    }
  } catch (const std::runtime_error&) {
  }
  return 0;
}
