#include "server/executor/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <system_error>

#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

bool IsOpen(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

TEST(FileDescriptor, ClosesWhatItOwnsOnce) {
  const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    FileDescriptor first(number);
    FileDescriptor second(std::move(first));
    EXPECT_EQ(second.get(), number);
    EXPECT_TRUE(IsOpen(number));
    FileDescriptor third;
    third = std::move(second);
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(WriteFileAtomically, ReplacesAndLeavesNoTemporaryFile) {
  const TemporaryAttempt attempt;
  const std::filesystem::path path = attempt.root() / "file.bin";
  WriteFileAtomically(path, "old");
  const std::string content("new\0content", 11);
  WriteFileAtomically(path, content);
  EXPECT_EQ(ReadText(path), content);
  EXPECT_FALSE(std::filesystem::exists(attempt.root() / "file.tmp"));
}

TEST(WriteFileAtomically, DoesNotWriteThroughALink) {
  const TemporaryAttempt attempt;
  WriteText(attempt.root() / "victim", "untouched");
  std::filesystem::create_symlink(attempt.root() / "victim", attempt.root() / "file.tmp");
  EXPECT_THROW(WriteFileAtomically(attempt.root() / "file.bin", "x"), std::system_error);
  EXPECT_EQ(ReadText(attempt.root() / "victim"), "untouched");
}

TEST(WriteFileAtomically, SaysWhichFileCouldNotBeMade) {
  try {
    WriteFileAtomically("/nowhere/file.bin", "x");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("/nowhere/file"), std::string::npos);
  }
}

TEST(ReadUntrusted, ReadsRegularFilesUpToASize) {
  const TemporaryAttempt attempt;
  const std::filesystem::path path = attempt.root() / "file";
  EXPECT_FALSE(ReadUntrusted(path, 10));
  WriteText(path, "0123456789");
  EXPECT_EQ(ReadUntrusted(path, 10), "0123456789");
  EXPECT_THROW(ReadUntrusted(path, 9), std::runtime_error);
}

TEST(ReadUntrusted, RefusesWhatIsNotARegularFile) {
  const TemporaryAttempt attempt;
  WriteText(attempt.root() / "file", "x");
  std::filesystem::create_symlink(attempt.root() / "file", attempt.root() / "link");
  std::filesystem::create_symlink(attempt.root() / "nothing", attempt.root() / "dangling");
  ASSERT_EQ(::mkfifo((attempt.root() / "fifo").c_str(), 0600), 0);
  EXPECT_THROW(ReadUntrusted(attempt.root() / "link", 10), std::runtime_error);
  EXPECT_THROW(ReadUntrusted(attempt.root() / "dangling", 10), std::runtime_error);
  EXPECT_THROW(ReadUntrusted(attempt.root() / "fifo", 10), std::runtime_error);
  EXPECT_THROW(ReadUntrusted(attempt.root(), 10), std::runtime_error);
}

TEST(ReadAt, GivesWhatIsThere) {
  const TemporaryAttempt attempt;
  WriteText(attempt.root() / "file", "0123456789");
  const FileDescriptor file = OpenUntrusted(attempt.root() / "file", 100);
  EXPECT_EQ(ReadAt(file.get(), 3, 4), "3456");
  EXPECT_EQ(ReadAt(file.get(), 8, 4), "89");
  EXPECT_EQ(ReadAt(file.get(), 20, 4), "");
}

}  // namespace
}  // namespace modlab::server
