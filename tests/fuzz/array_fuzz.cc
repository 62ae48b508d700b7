// Files that somebody says hold numbers: core/dataset's readers. The first line is the array's name, or the columns'.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/dataset/array_file.h"
#include "core/dataset/dataset.h"
#include "core/dataset/tensor_file.h"
#include "core/error.h"
#include "server/executor/utf8.h"
#include "tests/fuzz/check.h"
#include "tests/unit/server/temporary_directory.h"

namespace {

constexpr int64_t kMaxBytes = 1 << 20;

void CheckSentence(const modlab::Error& error) {
  const std::string sentence = error.what();
  FUZZ_CHECK(error.kind() == modlab::ErrorKind::kDataInvalid);
  FUZZ_CHECK(!sentence.empty() && modlab::server::ToUtf8(sentence, sentence.size()) == sentence);
}

void CheckArray(const modlab::Array& array) {
  FUZZ_CHECK(modlab::BytesOf(array.type, array.shape) == static_cast<int64_t>(array.bytes.size()));
  FUZZ_CHECK(reinterpret_cast<uintptr_t>(array.bytes.data()) % static_cast<uintptr_t>(SizeOf(array.type)) == 0);
  // Bytes that are not there would be seen here.
  const bool bools = std::all_of(array.bytes.begin(), array.bytes.end(), [](std::byte b) { return b <= std::byte{1}; });
  FUZZ_CHECK(bools || array.type != modlab::ElementType::kBool);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const modlab::server::TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(input.find('\n'), input.size());
  const std::string member(input.substr(0, line));
  const std::string_view content = input.substr(std::min(line + 1, input.size()));
  std::ofstream(path, std::ios::binary) << content;
  try {
    const modlab::Array array = modlab::ReadArray(path, "file", member, kMaxBytes);
    CheckArray(array);
    FUZZ_CHECK(!array.shape.empty() && array.elements() >= 1 && array.rows() >= 1);
    const modlab::Dataset dataset = {{{"x", array}}};
    modlab::CheckDataset(dataset);
    const modlab::TensorSummary summary = modlab::Summarize(array);
    FUZZ_CHECK(summary.least <= summary.mean && summary.mean <= summary.most && summary.sd >= 0);
  } catch (const modlab::Error& error) {
    CheckSentence(error);
  }
  try {
    const modlab::TensorFile file = modlab::TensorFile::Open(path, "file");
    for (const auto& [name, array] : file.tensors()) CheckArray(array);
  } catch (const modlab::Error& error) {
    CheckSentence(error);
  }
  return 0;
}
