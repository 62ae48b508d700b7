#include "client/stop_wait.h"

#include <gtest/gtest.h>

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/scripted_server.h"

namespace modlab::client {
namespace {

using std::chrono::milliseconds;

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "not now");
const ScriptedServer::Answer kSilence = {{}, kUnavailable};
const ScriptedServer::Answer kStopping = {
    .server = {}, .status = kUnavailable, .hangs = false, .reason = v1::SERVER_STOPPING};

v1::Server WithPid(int pid) {
  v1::Server server = ScriptedServer::OfVersion("1.0.0");
  server.set_pid(pid);
  return server;
}

/// A server that cannot be seen here: no process has its number.
class StopWaitTest : public testing::Test {
 protected:
  StopWaitTest() {
    options_.poll = milliseconds(1);
    options_.silence = milliseconds(100);
  }

  void GiveTime(milliseconds time) { fake_.connection().set_deadline(std::chrono::system_clock::now() + time); }

  ExitCode Run() {
    try {
      AwaitStop(fake_.connection(), WithPid(kPid), options_);
    } catch (const Failure& failure) {
      return failure.code();
    }
    return ExitCode::kOk;
  }

  static constexpr int kPid = 2'000'000'000;
  ScriptedServer server_;
  FakeServer fake_{server_};
  StopWaitOptions options_;
};

TEST_F(StopWaitTest, UntilNothingAnswers) {
  server_.answers = {{WithPid(kPid), {}}, kStopping, {{}, {grpc::StatusCode::CANCELLED, ""}}, kSilence};
  EXPECT_EQ(Run(), ExitCode::kOk);
  EXPECT_GT(server_.calls, 4);
}

TEST_F(StopWaitTest, OneMissingAnswerIsNoSilence) {
  server_.answers = {kSilence, {WithPid(kPid), {}}};
  GiveTime(milliseconds(500));
  EXPECT_EQ(Run(), ExitCode::kTimedOut);
}

TEST_F(StopWaitTest, UntilAnotherProcessAnswers) {
  server_.answers = {kStopping, {WithPid(kPid + 1), {}}};
  EXPECT_EQ(Run(), ExitCode::kOk);
}

TEST_F(StopWaitTest, AServerThatGoesOnStoppingIsThere) {
  server_.answers = {kStopping};
  GiveTime(milliseconds(500));
  EXPECT_EQ(Run(), ExitCode::kTimedOut);
}

TEST_F(StopWaitTest, AServerThatDoesNotAnswerInTimeMayBeThere) {
  server_.answers = {{.server = {}, .status = {}, .hangs = true}};
  GiveTime(milliseconds(200));
  EXPECT_EQ(Run(), ExitCode::kTimedOut);
}

TEST_F(StopWaitTest, TheLimitCountsWhereThereIsNoDeadline) {
  options_.limit = std::chrono::seconds(0);
  server_.answers = {{WithPid(kPid), {}}};
  EXPECT_EQ(Run(), ExitCode::kTimedOut);
}

}  // namespace
}  // namespace modlab::client
