#include "client/drain_wait.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/scripted_server.h"

namespace modlab::client {
namespace {

v1::Server Draining(int running) {
  v1::Server server = ScriptedServer::OfVersion("1.0.0");
  server.set_draining(true);
  server.set_running_jobs(running);
  return server;
}

class DrainWaitTest : public testing::Test {
 protected:
  DrainWaitTest() {
    options_.poll = std::chrono::milliseconds(1);
    observer_.on_server = [this](const v1::Server& server) { running_.push_back(server.running_jobs()); };
    observer_.on_disconnected = [this](const std::string& /*why*/) { ++losses_; };
  }

  DrainOutcome Run(const v1::Server& server) { return DrainWait(fake_.connection(), options_).Run(server, observer_); }

  ScriptedServer server_;
  FakeServer fake_{server_};
  DrainWaitOptions options_;
  DrainObserver observer_;
  std::vector<int> running_;
  int losses_ = 0;
};

TEST_F(DrainWaitTest, NothingToWaitFor) {
  EXPECT_EQ(Run(Draining(0)).end, DrainEnd::kIdle);
  EXPECT_EQ(server_.calls, 0);
}

TEST_F(DrainWaitTest, UntilNoJobRuns) {
  server_.answers = {{Draining(2), {}}, {Draining(1), {}}, {Draining(0), {}}};
  EXPECT_EQ(Run(Draining(2)).end, DrainEnd::kIdle);
  EXPECT_EQ(running_, (std::vector<int>{2, 2, 1, 0}));
}

TEST_F(DrainWaitTest, OverARestart) {
  server_.answers = {{{}, kBroken}, {{}, kBroken}, {Draining(1), {}}, {Draining(0), {}}};
  EXPECT_EQ(Run(Draining(1)).end, DrainEnd::kIdle);
  EXPECT_EQ(losses_, 1);
}

TEST_F(DrainWaitTest, AServerThatStaysAwayIsUnreachable) {
  options_.reconnect_for = std::chrono::seconds(0);
  server_.answers = {{{}, kBroken}};
  EXPECT_THROW(Run(Draining(1)), Failure);
}

TEST_F(DrainWaitTest, SomebodyUndrainedIt) {
  v1::Server server = Draining(1);
  server.set_draining(false);
  server_.answers = {{server, {}}};
  EXPECT_EQ(Run(Draining(1)).end, DrainEnd::kUndrained);
}

TEST_F(DrainWaitTest, AnIdleServerThatStartsJobsIsUndrained) {
  v1::Server server = Draining(0);
  server.set_draining(false);
  server_.answers = {{server, {}}};
  EXPECT_EQ(Run(Draining(1)).end, DrainEnd::kUndrained);
}

TEST_F(DrainWaitTest, TheDeadlineEndsTheWaiting) {
  options_.poll = std::chrono::hours(1);
  fake_.connection().set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(20));
  const DrainOutcome outcome = Run(Draining(3));
  EXPECT_EQ(outcome.end, DrainEnd::kTimedOut);
  EXPECT_EQ(outcome.server.running_jobs(), 3);
}

TEST_F(DrainWaitTest, InterruptEndsTheWaiting) {
  options_.poll = std::chrono::hours(1);
  DrainWait wait(fake_.connection(), options_);
  observer_.on_server = [&wait](const v1::Server& /*server*/) { wait.Interrupt(); };
  EXPECT_EQ(wait.Run(Draining(1), observer_).end, DrainEnd::kInterrupted);
}

}  // namespace
}  // namespace modlab::client
