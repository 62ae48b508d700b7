#include "server/store/data_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

TEST(DataDirectory, HasOneDaemonAtATime) {
  const TemporaryDirectory directory;
  const DataDirectory first(directory.path() / "data");
  try {
    const DataDirectory second(directory.path() / "data");
    FAIL() << "two daemons in one directory";
  } catch (const StorageError& error) {
    EXPECT_NE(std::string(error.what()).find("in use by another modlabd (process " + std::to_string(::getpid())),
              std::string::npos)
        << error.what();
  }
}

TEST(DataDirectory, IsForItsUserAlone) {
  const TemporaryDirectory directory;
  const DataDirectory data(directory.path() / "data");
  EXPECT_EQ(std::filesystem::status(data.root()).permissions(), std::filesystem::perms::owner_all);
}

TEST(DataDirectory, SaysWhereItCannotWrite) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  try {
    const DataDirectory data(directory.path() / "file" / "data");
    FAIL() << "made a directory in a file";
  } catch (const StorageError& error) {
    EXPECT_NE(std::string(error.what()).find("cannot use the data directory"), std::string::npos) << error.what();
  }
}

TEST(DataDirectory, SweepsWhatACrashLeft) {
  const TemporaryDirectory directory;
  std::filesystem::path upload;
  std::filesystem::path attempt;
  {
    const DataDirectory data(directory.path() / "data");
    upload = data.UploadFile("gone");
    attempt = data.AttemptRoot("gone", 1);
  }
  std::ofstream(upload) << "x";
  std::filesystem::create_directories(attempt / "in");
  std::filesystem::permissions(attempt / "in", std::filesystem::perms::owner_read);
  const DataDirectory data(directory.path() / "data");
  EXPECT_FALSE(std::filesystem::exists(upload));
  EXPECT_FALSE(std::filesystem::exists(attempt.parent_path()));
}

}  // namespace
}  // namespace modlab::server
