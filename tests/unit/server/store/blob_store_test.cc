#include "server/store/blob_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

// FIPS 180-2, appendix B.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::filesystem::path Write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path) << content;
  return path;
}

TEST(Sha256, AgreesWithTheStandard) {
  EXPECT_EQ(Sha256("abc"), kAbc);
  EXPECT_EQ(Sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const TemporaryDirectory directory;
  EXPECT_EQ(Sha256OfFile(Write(directory.path() / "f", "abc")), kAbc);
}

TEST(BlobStore, KeepsContentReadOnlyUnderItsDigest) {
  const TemporaryDirectory directory;
  BlobStore blobs(directory.path() / "blobs");
  blobs.Adopt(Write(directory.path() / "f", "abc"), kAbc);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "f"));
  EXPECT_EQ(ReadAt(blobs.Open(kAbc).get(), 0, 10), "abc");
  EXPECT_EQ(std::filesystem::status(blobs.PathOf(kAbc)).permissions(), std::filesystem::perms::owner_read);
}

TEST(BlobStore, CopiesNeverShareAnInode) {
  const TemporaryDirectory directory;
  BlobStore blobs(directory.path() / "blobs");
  blobs.Adopt(Write(directory.path() / "f", "abc"), kAbc);
  const auto copy = directory.path() / "copy";
  blobs.CopyTo(kAbc, copy);
  struct stat original {};
  struct stat copied {};
  ASSERT_EQ(::stat(blobs.PathOf(kAbc).c_str(), &original), 0);
  ASSERT_EQ(::stat(copy.c_str(), &copied), 0);
  EXPECT_NE(original.st_ino, copied.st_ino);
  EXPECT_EQ(Sha256OfFile(copy), kAbc);
}

TEST(BlobStore, CopiesLargeContentAlsoToOtherFileSystems) {
  const TemporaryDirectory directory;
  BlobStore blobs(directory.path() / "blobs");
  std::string content(5 << 20, 'x');
  for (size_t i = 0; i < content.size(); i += 1000) content[i] = static_cast<char>(i / 1000);
  const std::string sha256 = Sha256(content);
  blobs.Adopt(Write(directory.path() / "f", content), sha256);
  const std::filesystem::path elsewhere = "/dev/shm/modlab-test-" + std::to_string(::getpid());  // mostly another one
  for (const auto& copy : {directory.path() / "copy", elsewhere}) {
    blobs.CopyTo(sha256, copy);
    EXPECT_EQ(Sha256OfFile(copy), sha256) << copy;
    std::filesystem::remove(copy);
  }
}

TEST(BlobStore, SweepRemovesWhatIsNotKnown) {
  const TemporaryDirectory directory;
  BlobStore blobs(directory.path() / "blobs");
  blobs.Adopt(Write(directory.path() / "f", "abc"), kAbc);
  blobs.Adopt(Write(directory.path() / "g", "abd"), Sha256("abd"));
  EXPECT_EQ(blobs.Sweep({kAbc}), 1);
  EXPECT_TRUE(std::filesystem::exists(blobs.PathOf(kAbc)));
  EXPECT_FALSE(std::filesystem::exists(blobs.PathOf(Sha256("abd"))));
}

}  // namespace
}  // namespace modlab::server
