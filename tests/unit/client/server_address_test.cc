#include "client/server_address.h"

#include <gtest/gtest.h>

#include "client/errors.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

TEST(ParseServerAddress, Sockets) {
  for (const char* text : {"/run/m.sock", "unix:/run/m.sock", "unix:///run/m.sock"}) {
    const ServerAddress address = ParseServerAddress(text);
    EXPECT_EQ(address.target, "unix:/run/m.sock") << text;
    EXPECT_EQ(address.socket_path, "/run/m.sock") << text;
  }
}

TEST(ParseServerAddress, Hosts) {
  for (const char* text : {"lab.example.org:7000", "127.0.0.1:7000", "[::1]:7000"}) {
    const ServerAddress address = ParseServerAddress(text);
    EXPECT_EQ(address.target, text);
    EXPECT_EQ(address.socket_path, "");
  }
}

TEST(ParseServerAddress, EverythingElseIsAUsageError) {
  const std::string too_long = "/" + std::string(107, 's');
  for (const std::string& text :
       {std::string(), std::string("host"), std::string("host:"), std::string("host:port"), std::string("host:0"),
        std::string("host:65536"), std::string(":7000"), std::string("::1:7000"), std::string("unix:"),
        std::string("http://host:80"), too_long}) {
    EXPECT_THROW(ParseServerAddress(text), UsageError) << text;
  }
  EXPECT_NO_THROW(ParseServerAddress(too_long.substr(0, 107)));
}

std::string Chosen(const ServerSettings& flags, const ServerSettings& environment, const ServerSettings& file) {
  const auto address = ChooseServer(flags, environment, file, {});
  return address ? address->socket_path : "local";
}

TEST(ChooseServer, FlagsOverEnvironmentOverFile) {
  const ServerSettings flags{.server = "/flags", .files = {}};
  const ServerSettings environment{.server = "/environment", .files = {}};
  const ServerSettings file{.server = "/file", .files = {}};
  EXPECT_EQ(Chosen(flags, environment, file), "/flags");
  EXPECT_EQ(Chosen({}, environment, file), "/environment");
  EXPECT_EQ(Chosen({}, {}, file), "/file");
  EXPECT_EQ(Chosen({}, {}, {}), "local");
}

TEST(ChooseServer, HostsAreInsecureOnlyWhenTheirSourceOrTheFlagsSaySo) {
  const ServerSettings host{.server = "host:1", .files = {}};
  const ServerSettings insecure{.server = {}, .insecure = true, .files = {}};
  const ServerSettings insecure_host{.server = "host:1", .insecure = true, .files = {}};
  EXPECT_FALSE(ChooseServer(host, insecure, insecure, {})->insecure);
  EXPECT_FALSE(ChooseServer({}, host, insecure, {})->insecure);
  EXPECT_FALSE(ChooseServer({}, insecure, host, {})->insecure);
  EXPECT_TRUE(ChooseServer({}, insecure_host, {}, {})->insecure);
  EXPECT_TRUE(ChooseServer({}, {}, insecure_host, {})->insecure);
  EXPECT_TRUE(ChooseServer(insecure, {}, host, {})->insecure);
}

TEST(ChooseServer, ANamedServerIsInsecureOnlyWhereItSaysSoItself) {
  const NamedServers named = {{"lab", {.server = "lab:1", .files = {}}}};
  const ServerSettings insecure{.server = {}, .insecure = true, .files = {}};
  const ServerSettings insecure_lab{.server = "lab", .insecure = true, .files = {}};
  EXPECT_FALSE(ChooseServer({}, {}, insecure_lab, named)->insecure);
  EXPECT_FALSE(ChooseServer({}, insecure_lab, insecure, named)->insecure);
  EXPECT_TRUE(ChooseServer(insecure_lab, {}, {}, named)->insecure);
}

TEST(ChooseServer, NamesStandForServersWithTheirFiles) {
  const NamedServers named = {
      {"lab", {.server = "lab:1", .files = {.ca = "ca", .token = "token", .certificate = "", .key = ""}}},
      {"old", {.server = "old:1", .insecure = true, .files = {}}}};
  const ServerSettings lab{.server = "lab", .files = {}};
  const auto address = ChooseServer(lab, {}, {}, named);
  EXPECT_EQ(address->target, "lab:1");
  EXPECT_EQ(address->files.ca, "ca");
  EXPECT_EQ(address->files.token, "token");
  EXPECT_TRUE(ChooseServer({}, {}, {.server = "old", .files = {}}, named)->insecure);
  EXPECT_THROW(ChooseServer({}, {}, {.server = "new", .files = {}}, named), UsageError);
}

TEST(ChooseServer, NoTokenIsShownToAnotherServer) {
  const ServerSettings file{.server = "lab:1", .files = {.ca = "", .token = "secret", .certificate = "", .key = "key"}};
  const ServerSettings flags{.server = "elsewhere:1", .files = {}};
  EXPECT_EQ(ChooseServer({}, {}, file, {})->files.token, "secret");
  EXPECT_EQ(ChooseServer(flags, {}, file, {})->files.token, "");
  EXPECT_EQ(ChooseServer(flags, {}, file, {})->files.key, "");
}

TEST(ChooseServer, FlagsAddFilesToAnySource) {
  ServerSettings flags;
  flags.files.token = "mine";
  EXPECT_EQ(ChooseServer(flags, {}, {.server = "lab:1", .files = {}}, {})->files.token, "mine");
}

TEST(SettingsOf, Environment) {
  const ServerSettings settings = SettingsOf({{"MODLAB_SERVER", "host:1"}, {"MODLAB_INSECURE", "1"}});
  EXPECT_EQ(settings.server, "host:1");
  EXPECT_TRUE(settings.insecure);
  EXPECT_FALSE(SettingsOf({{"MODLAB_SERVER", ""}}).server);
  EXPECT_FALSE(SettingsOf({{"MODLAB_INSECURE", "0"}}).insecure);
}

TEST(ConfigPath, Xdg) {
  EXPECT_EQ(ConfigPath({{"XDG_CONFIG_HOME", "/c"}, {"HOME", "/h"}}), "/c/modlab/config");
  EXPECT_EQ(ConfigPath({{"HOME", "/h"}}), "/h/.config/modlab/config");
}

TEST(ReadConfigFile, KeysAndComments) {
  const TemporaryDirectory directory;
  const ServerSettings settings =
      ReadConfigFile(directory.Write("config", "# the lab's\nserver = \"lab.example.org:7000\"\ninsecure=true\n"));
  EXPECT_EQ(settings.server, "lab.example.org:7000");
  EXPECT_TRUE(settings.insecure);
  EXPECT_EQ(ReadConfigFile(directory.Write("plain", "server=unix:/run/m.sock\n")).server, "unix:/run/m.sock");
  EXPECT_EQ(ReadConfigFile(directory.Write("token", "token-file = \"/t\"\n")).files.token, "/t");
}

TEST(ReadConfigFile, AbsentIsEmpty) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(ReadConfigFile(directory.path("none")).server);
  EXPECT_FALSE(ReadConfigFile(directory.Write("file", "") + "/below").server);
}

TEST(ReadConfigFile, AnUnknownKeyIsNamed) {
  const TemporaryDirectory directory;
  try {
    ReadConfigFile(directory.Write("config", "sever = \"x:1\"\n"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("sever"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(directory.path("config")), std::string::npos);
  }
}

}  // namespace
}  // namespace modlab::client
