#include "client/local_paths.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "client/errors.h"
#include "client/server_address.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

const std::string kOwnDirectory = "/tmp/modlab-" + std::to_string(geteuid());

TEST(FindLocalPaths, XdgDirectories) {
  const LocalPaths paths = FindLocalPaths({{"XDG_RUNTIME_DIR", "/run/user/7"}, {"XDG_STATE_HOME", "/state"}});
  EXPECT_EQ(paths.socket, "/run/user/7/modlab/modlabd.sock");
  EXPECT_EQ(paths.socket_directory, "/run/user/7/modlab");
  EXPECT_EQ(paths.state_directory, "/state/modlab");
}

TEST(FindLocalPaths, StateBelowHomeByDefault) {
  EXPECT_EQ(FindLocalPaths({{"HOME", "/home/ada"}}).state_directory, "/home/ada/.local/state/modlab");
  EXPECT_EQ(FindLocalPaths({{"HOME", "/home/ada"}, {"XDG_STATE_HOME", "relative"}}).state_directory,
            "/home/ada/.local/state/modlab");
}

TEST(FindLocalPaths, WithoutRuntimeDirectoryTheSocketDependsOnTheState) {
  const LocalPaths ours = FindLocalPaths({{"XDG_STATE_HOME", "/a"}});
  const LocalPaths others = FindLocalPaths({{"XDG_STATE_HOME", "/b"}});
  EXPECT_EQ(ours.socket_directory, kOwnDirectory);
  EXPECT_TRUE(ours.socket.starts_with(kOwnDirectory + "/"));
  EXPECT_NE(ours.socket, others.socket);
  EXPECT_EQ(ours.socket, FindLocalPaths({{"XDG_STATE_HOME", "/a"}}).socket);
}

TEST(FindLocalPaths, ASocketsPathIsNeverTooLong) {
  // "/modlab/modlabd.sock" has 20 bytes: 87 more are allowed, 88 are not.
  const LocalPaths fits = FindLocalPaths({{"XDG_RUNTIME_DIR", "/" + std::string(86, 'r')}, {"HOME", "/h"}});
  EXPECT_EQ(fits.socket.size(), 107U);
  const LocalPaths first = FindLocalPaths({{"XDG_RUNTIME_DIR", "/" + std::string(87, 'r')}, {"HOME", "/h"}});
  EXPECT_EQ(first.socket_directory, kOwnDirectory);
  EXPECT_LE(first.socket.size(), 107U);
  const LocalPaths second = FindLocalPaths({{"XDG_RUNTIME_DIR", "/" + std::string(87, 's')}, {"HOME", "/h"}});
  EXPECT_NE(first.socket, second.socket);
}

TEST(MakePrivateDirectory, MakesWhatIsMissing) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("a/b/c");
  MakePrivateDirectory(path);
  MakePrivateDirectory(path);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST(MakePrivateDirectory, RefusesWhatOthersMayEnter) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("open");
  std::filesystem::create_directory(path);
  ASSERT_EQ(chmod(path.c_str(), 0750), 0);
  EXPECT_THROW(MakePrivateDirectory(path), Failure);
  ASSERT_EQ(chmod(path.c_str(), 0700), 0);
  EXPECT_NO_THROW(MakePrivateDirectory(path));
}

TEST(MakePrivateDirectory, RefusesLinksAndFiles) {
  const TemporaryDirectory directory;
  MakePrivateDirectory(directory.path("real"));
  std::filesystem::create_symlink(directory.path("real"), directory.path("link"));
  EXPECT_THROW(MakePrivateDirectory(directory.path("link")), Failure);
  EXPECT_THROW(MakePrivateDirectory(directory.Write("file", "x")), Failure);
}

TEST(MakePrivateDirectory, RefusesAnothersDirectory) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("theirs");
  std::filesystem::create_directory(path);
  if (chown(path.c_str(), 12345, 12345) != 0) GTEST_SKIP() << "needs the right to give a directory away";
  ASSERT_EQ(chmod(path.c_str(), 0700), 0);
  EXPECT_THROW(MakePrivateDirectory(path), Failure);
}

}  // namespace
}  // namespace modlab::client
