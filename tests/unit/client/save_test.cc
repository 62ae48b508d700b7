#include "client/commands/save.h"

#include <gtest/gtest.h>

#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

TEST(SafeFileName, OnlyWhatCanDoNoHarm) {
  EXPECT_EQ(SafeFileName("net.pt"), "net.pt");
  EXPECT_EQ(SafeFileName("größer 2.pt"), "größer 2.pt");
  EXPECT_EQ(SafeFileName("/etc/passwd"), "passwd");
  EXPECT_EQ(SafeFileName("../up.pt"), "up.pt");
  EXPECT_EQ(SafeFileName("a\x1b[31mb\n.pt"), "a?[31mb?.pt");
  for (const char* name : {"", "..", "a/", ".bashrc", "-rf"}) EXPECT_EQ(SafeFileName(name), "modlab-download") << name;
}

class SaveTest : public testing::Test {
 protected:
  /// What Save prints about the file `copy`.
  std::string Printed(Format format, bool quiet = false) {
    GlobalOptions options;
    options.format = format;
    options.quiet = quiet;
    Session session(options, {});
    testing::internal::CaptureStdout();
    Save(session, {.to = directory_.path("copy"), .overwrite = true}, "",
         [](OutputFile& output, const TransferOptions& /*options*/) { output.Write("content"); });
    return testing::internal::GetCapturedStdout();
  }

  TemporaryDirectory directory_;
};

TEST_F(SaveTest, ThePathIsPrintedAsAsked) {
  const std::string path = directory_.path("copy");
  EXPECT_EQ(Printed(Format::kTable), path + "\n");
  EXPECT_EQ(Printed(Format::kJsonl), "{\"path\":\"" + path + "\"}\n");
  EXPECT_EQ(Printed(Format::kJson), "{\n \"path\": \"" + path + "\"\n}\n");
  EXPECT_EQ(Printed(Format::kJson, true), path + "\n");
  EXPECT_EQ(ReadFile(path), "content");
}

}  // namespace
}  // namespace modlab::client
