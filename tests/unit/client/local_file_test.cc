#include "client/local_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "client/errors.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

TEST(LooksLikeFile, ByItsLookOrByWhatIsThere) {
  EXPECT_FALSE(LooksLikeFile("models/abc.pt", "models/"));
  EXPECT_TRUE(LooksLikeFile("models/abc.pt", "jobs/"));
  EXPECT_TRUE(LooksLikeFile("net.pt", "models/"));
  EXPECT_TRUE(LooksLikeFile("../net", "models/"));
  EXPECT_FALSE(LooksLikeFile("net:leiden", "jobs/"));
  const TemporaryDirectory directory;
  const std::filesystem::path old = std::filesystem::current_path();
  directory.Write("labels", "0 1");
  std::filesystem::current_path(directory.path());
  EXPECT_TRUE(LooksLikeFile("labels", "jobs/"));
  EXPECT_FALSE(LooksLikeFile("label", "jobs/"));
  std::filesystem::current_path(old);
}

TEST(LocalFile, SizeNameDigestAndParts) {
  const TemporaryDirectory directory;
  const LocalFile file(directory.Write("net.pt", "abc"));
  EXPECT_EQ(file.size(), 3);
  EXPECT_EQ(file.name(), "net.pt");
  EXPECT_EQ(file.Sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(file.Read(1, 1), "b");
  EXPECT_EQ(file.Read(1, 100), "bc");
  EXPECT_EQ(file.Read(3, 100), "");
}

TEST(LocalFile, WhatIsNoModelFileIsAUsageErrorWithItsPath) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.path("pipe").c_str(), 0600), 0);
  for (const std::string& path :
       {directory.path("none"), directory.path(), directory.Write("empty", ""), directory.path("pipe")}) {
    try {
      const LocalFile file(path);
      ADD_FAILURE() << path;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
}

TEST(OutputFile, AppearsOnlyWhenCommitted) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("copy");
  {
    OutputFile file(path, false);
    file.Write("half");
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  {
    OutputFile file(path, false);
    file.Write("who");
    file.Write("le");
    file.Commit();
  }
  EXPECT_EQ(ReadFile(path), "whole");
}

TEST(OutputFile, OverwritesOnlyWhenTold) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("copy", "old");
  EXPECT_THROW(OutputFile(path, false), UsageError);
  OutputFile file(path, true);
  file.Write("new");
  EXPECT_EQ(ReadFile(path), "old");
  file.Commit();
  EXPECT_EQ(ReadFile(path), "new");
}

TEST(OutputFile, NoSuchDirectoryIsAUsageError) { EXPECT_THROW(OutputFile("/nowhere/copy", false), UsageError); }

}  // namespace
}  // namespace modlab::client
