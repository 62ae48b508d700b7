// Content that somebody says is a model: server/jobs/archive_check.

#include <fstream>

#include "server/executor/utf8.h"
#include "server/jobs/archive_check.h"
#include "server/jobs/request_error.h"
#include "tests/fuzz/check.h"
#include "tests/unit/server/temporary_directory.h"

using namespace modlab::server;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TemporaryDirectory directory;
  const auto path = directory.path() / "model.pt";
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    CheckTorchScriptArchive(path);
  } catch (const RequestError& error) {
    const std::string sentence = error.what();
    FUZZ_CHECK(error.reason() == modlab::v1::FORMAT_INVALID);
    FUZZ_CHECK(!sentence.empty() && ToUtf8(sentence, sentence.size()) == sentence);
  }
  return 0;
}
