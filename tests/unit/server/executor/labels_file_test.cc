#include "server/executor/labels_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "server/executor/files.h"
#include "server/executor/npy.h"
#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

std::string NumpySays(const std::filesystem::path& path) {
  const std::string command = std::string(PYTHON) + " -c 'import numpy, sys; a = numpy.load(sys.argv[1]); " +
                              "print(a.dtype.str, a.shape, a.tolist() if a.size < 10 else a.sum())' " + path.string();
  FILE* output = ::popen(command.c_str(), "r");
  std::array<char, 4096> text{};
  const size_t size = std::fread(text.data(), 1, text.size(), output);
  ::pclose(output);
  return {text.data(), size};
}

std::optional<std::vector<int>> Read(const std::filesystem::path& path, int64_t units) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return ReadLabelsFile(file.get(), units);
}

TEST(LabelsFile, NumpyReadsIt) {
  const TemporaryAttempt attempt;
  const auto path = attempt.root() / "labels-0.npy";
  WriteLabelsFile(path, {0, 1, -1, 2'147'483'647});
  EXPECT_EQ(NumpySays(path), "<i4 (4,) [0, 1, -1, 2147483647]\n");
  WriteLabelsFile(path, {});
  EXPECT_EQ(NumpySays(path), "<i4 (0,) []\n");
  WriteLabelsFile(path, std::vector<int>(1'234'567, 3));
  EXPECT_EQ(NumpySays(path), "<i4 (1234567,) 3703701\n");
}

TEST(LabelsFile, IsReadAsItWasWritten) {
  const TemporaryAttempt attempt;
  const auto path = attempt.root() / "labels-0.npy";
  std::vector<int> labels(700'001);
  for (size_t unit = 0; unit < labels.size(); ++unit) labels[unit] = static_cast<int>(unit % 70'000) - 1;
  for (const std::vector<int>& written : {labels, std::vector<int>{2'147'483'647, -2'147'483'647, 0, -1}, {}}) {
    WriteLabelsFile(path, written);
    EXPECT_EQ(Read(path, static_cast<int64_t>(written.size())), written);
    EXPECT_EQ(Read(path, static_cast<int64_t>(written.size()) + 1), std::nullopt);
  }
}

TEST(LabelsFile, WhatIsNoneIsNotRead) {
  const TemporaryAttempt attempt;
  const auto path = attempt.root() / "labels-0.npy";
  const std::string two(8, '\1');
  for (const std::string& bytes : {std::string(), two, NpyHeader("<i4", {2}), NpyHeader("<i4", {2}) + two + "x",
                                   NpyHeader("<u4", {2}) + two, NpyHeader("<i4", {2, 1}) + two}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_EQ(Read(path, 2), std::nullopt) << bytes;
  }
}

TEST(LabelsFile, DataStartsAtAMultipleOf64Bytes) {
  const TemporaryAttempt attempt;
  for (const size_t units : {1U, 10U, 100U, 100'000U}) {
    const auto path = attempt.root() / "labels-0.npy";
    WriteLabelsFile(path, std::vector<int>(units, 7));
    EXPECT_EQ((std::filesystem::file_size(path) - 4 * units) % 64, 0U);
  }
}

}  // namespace
}  // namespace modlab::server
