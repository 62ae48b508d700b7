#include "client/compatibility.h"

#include <gtest/gtest.h>

#include "tests/unit/client/scripted_server.h"

namespace modlab::client {
namespace {

TEST(IsOlderVersion, ComparesNumbers) {
  EXPECT_TRUE(IsOlderVersion("0.1.0", "0.2.0"));
  EXPECT_TRUE(IsOlderVersion("0.9.0", "0.10.0"));
  EXPECT_TRUE(IsOlderVersion("1.2.3", "1.2.4"));
  EXPECT_TRUE(IsOlderVersion("", "0.1.0"));
  EXPECT_FALSE(IsOlderVersion("0.1.0", "0.1.0"));
  EXPECT_FALSE(IsOlderVersion("2.0.0", "1.9.9"));
}

bool Says(const Failure& failure, const std::string& words) {
  return std::string(failure.what()).find(words) != std::string::npos;
}

TEST(ExplainUnimplemented, WhatIsNoServerOfOurs) {
  const Failure failure = ExplainUnimplemented("lab:7443", std::nullopt);
  EXPECT_EQ(failure.code(), ExitCode::kRefused);
  EXPECT_TRUE(Says(failure, "what answers at lab:7443 is no server that speaks modlab.v1")) << failure.what();
}

TEST(ExplainUnimplemented, TheOlderOfTheTwoIsToBeUpgraded) {
  const Failure old_server = ExplainUnimplemented("lab:7443", ScriptedServer::OfVersion("0.0.1"));
  EXPECT_TRUE(Says(old_server, "the server at lab:7443, modlab 0.0.1, is too old")) << old_server.what();
  EXPECT_TRUE(Says(old_server, "upgrade the server")) << old_server.what();
  const Failure old_client = ExplainUnimplemented("lab:7443", ScriptedServer::OfVersion("99.0.0"));
  EXPECT_TRUE(Says(old_client, "this client, modlab " MODLAB_VERSION ", is too old")) << old_client.what();
  EXPECT_TRUE(Says(old_client, "upgrade the client")) << old_client.what();
}

TEST(ExplainUnimplemented, AnotherProtocol) {
  v1::Server server;
  server.set_version("99.0.0");
  server.add_api_versions("modlab.v2");
  EXPECT_FALSE(SpeaksOurProtocol(server));
  const Failure failure = ExplainUnimplemented("lab:7443", server);
  EXPECT_TRUE(Says(failure, "speaks modlab.v2 and not modlab.v1")) << failure.what();
  EXPECT_TRUE(Says(failure, "upgrade the client")) << failure.what();
}

}  // namespace
}  // namespace modlab::client
