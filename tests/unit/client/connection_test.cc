#include "client/connection.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/scripted_server.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

using std::chrono::milliseconds;

Failure FailureIn(const std::function<void()>& call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure;
  }
  return {ExitCode::kOk, "nothing failed"};
}

class ConnectionTest : public testing::Test {
 protected:
  v1::Server GetServer() {
    return connection().CallWithRetries(&v1::ServerService::Stub::GetServer, v1::GetServerRequest());
  }
  Connection& connection() { return fake_.connection(); }

  ScriptedJobs jobs_;
  ScriptedServer server_;
  FakeServer fake_{&jobs_, &server_};
};

TEST_F(ConnectionTest, TriesAgainWhileTheServerIsNotThere) {
  server_.answers = {{{}, kBroken}, {{}, {grpc::StatusCode::CANCELLED, ""}}, {ScriptedServer::OfVersion("1.2.3"), {}}};
  EXPECT_EQ(GetServer().version(), "1.2.3");
  EXPECT_EQ(server_.calls, 3);
}

TEST_F(ConnectionTest, GivesUpOnAServerThatStaysAway) {
  server_.answers = {{{}, kBroken}};
  EXPECT_EQ(FailureIn([this] { GetServer(); }).code(), ExitCode::kUnreachable);
  EXPECT_EQ(server_.calls, Connection::kAttempts);
  EXPECT_FALSE(connection().has_answered());
}

TEST_F(ConnectionTest, ARefusalIsNotTriedAgain) {
  server_.answers = {{{}, {grpc::StatusCode::PERMISSION_DENIED, "not yours"}}};
  EXPECT_EQ(FailureIn([this] { GetServer(); }).code(), ExitCode::kRefused);
  EXPECT_EQ(server_.calls, 1);
  EXPECT_TRUE(connection().has_answered());
}

TEST_F(ConnectionTest, WhatMayNotComeTwiceIsSentOnce) {
  server_.answers = {{{}, kBroken}};
  const Failure failure =
      FailureIn([this] { connection().Call(&v1::ServerService::Stub::GetServer, v1::GetServerRequest()); });
  EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
  EXPECT_EQ(server_.calls, 1);
}

TEST_F(ConnectionTest, ADeleteWhoseAnswerWasLostIsDone) {
  const ScriptedJobs::Answer gone = {{grpc::StatusCode::NOT_FOUND, "there is no jobs/a"}, v1::RESOURCE_NOT_FOUND};
  const auto remove = [this] {
    return connection().CallUnlessDone(&v1::JobService::Stub::DeleteJob, v1::DeleteJobRequest(),
                                       v1::RESOURCE_NOT_FOUND);
  };
  EXPECT_TRUE(remove().has_value());
  jobs_.answers = {{kBroken}, gone};
  EXPECT_FALSE(remove().has_value());
  jobs_.answers = {gone};  // of the first attempt it is a refusal
  EXPECT_EQ(FailureIn(remove).code(), ExitCode::kNotFound);
}

TEST_F(ConnectionTest, AHangingServerIsLeftAtTheDeadline) {
  server_.answers = {{.server = {}, .status = {}, .hangs = true}};
  connection().set_deadline(std::chrono::system_clock::now() + milliseconds(50));
  const Failure failure = FailureIn([this] { GetServer(); });
  EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
  EXPECT_NE(std::string(failure.what()).find("--timeout"), std::string::npos) << failure.what();
}

TEST_F(ConnectionTest, PausesNotBeyondTheDeadline) {
  EXPECT_TRUE(connection().Pause(milliseconds(0)));
  connection().set_deadline(std::chrono::system_clock::now() + milliseconds(10));
  EXPECT_FALSE(connection().Pause(std::chrono::hours(1)));
}

TEST_F(ConnectionTest, ACallThatTheServerDoesNotKnowIsExplained) {
  const auto list_queue = [this] {
    connection().CallWithRetries(&v1::JobService::Stub::ListQueue, v1::ListQueueRequest());
  };
  server_.answers = {{ScriptedServer::OfVersion("0.0.1"), {}}};
  Failure failure = FailureIn(list_queue);
  EXPECT_EQ(failure.code(), ExitCode::kRefused);
  EXPECT_NE(std::string(failure.what()).find("modlab 0.0.1, is too old"), std::string::npos) << failure.what();
  server_.answers = {{{}, {grpc::StatusCode::UNIMPLEMENTED, ""}}};
  failure = FailureIn(list_queue);
  EXPECT_NE(std::string(failure.what()).find("no server that speaks modlab.v1"), std::string::npos) << failure.what();
  EXPECT_EQ(server_.calls, 2);
}

TEST_F(ConnectionTest, TheServerLearnsTheClientsVersion) {
  const TemporaryDirectory directory;
  const std::string address = "unix:" + directory.path("socket");
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  ScriptedServer service;
  service.answers = {{ScriptedServer::OfVersion("1.0.0"), {}}};
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  Connection connection(ParseServerAddress(address));
  connection.CallWithRetries(&v1::ServerService::Stub::GetServer, v1::GetServerRequest());
  ASSERT_EQ(service.user_agents.size(), 1U);
  EXPECT_TRUE(service.user_agents[0].starts_with("modlab/" MODLAB_VERSION " ")) << service.user_agents[0];
  server->Shutdown(std::chrono::system_clock::now());
}

}  // namespace
}  // namespace modlab::client
