// A job's spec in JSON, as `modlab job submit` reads it: client/spec.

#include "client/errors.h"
#include "client/output/json.h"
#include "client/spec.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  modlab::v1::JobSpec spec;
  try {
    spec = modlab::client::ParseJobSpec(text, "spec.json");
  } catch (const modlab::client::UsageError& error) {
    const std::string sentence = error.what();
    FUZZ_CHECK(!sentence.empty() && sentence.find('\n') == std::string::npos);
    return 0;
  }
  // What was read can be printed, and read again as the same.
  const std::string printed = modlab::client::SparseJson(spec);
  FUZZ_CHECK(modlab::client::ParseJobSpec(printed, "printed").SerializeAsString() == spec.SerializeAsString());
  return 0;
}
