#include "client/named_servers.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "client/credentials.h"
#include "client/errors.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

class NamedServersTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  const Environment environment_ = {{"XDG_CONFIG_HOME", directory_.path("config")}};
};

TEST_F(NamedServersTest, ComeBackAsAdded) {
  EXPECT_TRUE(ReadNamedServers(environment_).empty());
  ServerSettings settings;
  settings.server = "lab.example:7443";
  settings.files.ca = "/ca.pem";
  AddNamedServer(environment_, "lab", settings, "modlab_id_secret");
  settings.insecure = true;
  AddNamedServer(environment_, "other", settings, std::nullopt);
  const NamedServers servers = ReadNamedServers(environment_);
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers.at("lab").server, "lab.example:7443");
  EXPECT_EQ(servers.at("lab").files.ca, "/ca.pem");
  EXPECT_EQ(ReadToken(servers.at("lab").files.token), "modlab_id_secret");
  EXPECT_TRUE(servers.at("other").insecure);
  EXPECT_EQ(servers.at("other").files.token, "");
}

TEST_F(NamedServersTest, AreForgottenWithTheirTokens) {
  ServerSettings settings;
  settings.server = "lab:1";
  AddNamedServer(environment_, "lab", settings, "secret");
  const std::string token = ReadNamedServers(environment_).at("lab").files.token;
  RemoveNamedServer(environment_, "lab");
  EXPECT_FALSE(std::filesystem::exists(token));
  EXPECT_THROW(RemoveNamedServer(environment_, "lab"), UsageError);
}

TEST_F(NamedServersTest, NamesThatAreNone) {
  for (const char* name : {"", "a.b", "../up", "A", "a/b", "local"}) {
    EXPECT_THROW(AddNamedServer(environment_, name, {}, std::nullopt), UsageError) << name;
  }
}

TEST_F(NamedServersTest, TheDefaultIsOneLineAmongOthers) {
  const std::string path = ConfigPath(environment_);
  SetDefaultServer(environment_, "lab");
  EXPECT_EQ(ReadConfigFile(path).server, "lab");
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  directory_.Write("config/modlab/config", "# mine\ninsecure = true\nserver = \"lab\"\n");
  SetDefaultServer(environment_, "other");
  EXPECT_EQ(ReadConfigFile(path).server, "other");
  EXPECT_TRUE(ReadConfigFile(path).insecure);
  SetDefaultServer(environment_, std::nullopt);
  EXPECT_FALSE(ReadConfigFile(path).server);
}

TEST(ReadToken, OnlyFromAFileOfOnesOwn) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("token", " secret\n");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(ReadToken(path), "secret");
  for (const mode_t mode : {0640, 0604, 0660}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_THROW(ReadToken(path), UsageError);
  }
}

TEST(ReadToken, SaysNothingOfWhatIsInIt) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("token", "two secrets");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  try {
    ReadToken(path);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()).find("secrets"), std::string::npos);
  }
  EXPECT_THROW(ReadToken(directory.path("none")), UsageError);
  const std::string empty = directory.Write("empty", "\n");
  ASSERT_EQ(::chmod(empty.c_str(), 0600), 0);
  EXPECT_THROW(ReadToken(empty), UsageError);
}

}  // namespace
}  // namespace modlab::client
