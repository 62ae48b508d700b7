#include "client/watch.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/unit/client/fake_server.h"

namespace modlab::client {
namespace {

using std::chrono::milliseconds;

v1::WatchJobResponse JobMessage(v1::Job::State state) {
  v1::WatchJobResponse message;
  message.mutable_job()->set_name("jobs/abc");
  message.mutable_job()->set_state(state);
  return message;
}

v1::WatchJobResponse EventMessage(int sequence) {
  v1::WatchJobResponse message;
  message.mutable_event()->set_sequence(sequence);
  return message;
}

v1::WatchJobResponse HeartbeatMessage() {
  v1::WatchJobResponse message;
  message.mutable_heartbeat();
  return message;
}

class Recorder : public JobObserver {
 public:
  void OnJob(const v1::Job& job) override { states.push_back(job.state()); }
  void OnEvent(const v1::Event& event) override { sequences.push_back(event.sequence()); }
  void OnHeartbeat() override { ++heartbeats; }
  void OnDisconnected(const std::string& why) override {
    reasons.push_back(why);
    if (on_disconnected) on_disconnected();
  }

  std::vector<v1::Job::State> states;
  std::vector<int> sequences;
  int heartbeats = 0;
  std::vector<std::string> reasons;
  std::function<void()> on_disconnected;
};

class JobWatchTest : public testing::Test {
 protected:
  JobWatchTest() { options_.first_backoff = milliseconds(1); }

  WatchOutcome Run() { return JobWatch(server_.connection(), "jobs/abc", options_).Run(recorder_); }

  ExitCode CodeOfFailure() {
    try {
      Run();
    } catch (const Failure& failure) {
      return failure.code();
    }
    return ExitCode::kOk;
  }

  ScriptedJobs jobs_;
  FakeServer server_{jobs_};
  WatchOptions options_;
  Recorder recorder_;
};

TEST_F(JobWatchTest, OneStream) {
  jobs_.streams = {{.messages = {JobMessage(v1::Job::QUEUED), EventMessage(1), HeartbeatMessage(), EventMessage(2),
                                 JobMessage(v1::Job::SUCCEEDED)},
                    .end = grpc::Status::OK}};
  const WatchOutcome outcome = Run();
  EXPECT_EQ(outcome.end, WatchEnd::kJobEnded);
  EXPECT_EQ(outcome.job.state(), v1::Job::SUCCEEDED);
  EXPECT_EQ(recorder_.sequences, (std::vector<int>{1, 2}));
  EXPECT_EQ(recorder_.states, (std::vector<v1::Job::State>{v1::Job::QUEUED, v1::Job::SUCCEEDED}));
  EXPECT_EQ(recorder_.heartbeats, 1);
  EXPECT_TRUE(recorder_.reasons.empty());
}

TEST_F(JobWatchTest, EveryEventOnceAcrossBreaks) {
  // Broken before anything came, after one event, in the middle, and by a server that repeats itself.
  jobs_.streams = {
      {.messages = {JobMessage(v1::Job::RUNNING), EventMessage(1)}, .end = kBroken},
      {.messages = {}, .end = kBroken},
      {.messages = {JobMessage(v1::Job::RUNNING), EventMessage(2), EventMessage(3)}, .end = kBroken},
      {.messages = {JobMessage(v1::Job::RUNNING), EventMessage(2), EventMessage(3), EventMessage(4)}, .end = kBroken},
      {.messages = {JobMessage(v1::Job::SUCCEEDED), EventMessage(5), JobMessage(v1::Job::SUCCEEDED)}, .end = {}}};
  EXPECT_EQ(Run().end, WatchEnd::kJobEnded);
  EXPECT_EQ(recorder_.sequences, (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(jobs_.asked, (std::vector<int>{0, 1, 1, 3, 4}));
  EXPECT_EQ(recorder_.reasons, std::vector<std::string>(4, "the connection broke"));
}

TEST_F(JobWatchTest, ALongJobSurvivesManyBreaks) {
  for (int i = 1; i <= 50; ++i) {
    jobs_.streams.push_back({.messages = {JobMessage(v1::Job::RUNNING), EventMessage(i)}, .end = kBroken});
  }
  jobs_.streams.push_back({.messages = {JobMessage(v1::Job::FAILED)}, .end = {}});
  EXPECT_EQ(Run().job.state(), v1::Job::FAILED);
  EXPECT_EQ(recorder_.sequences.size(), 50U);
}

TEST_F(JobWatchTest, AStreamThatEndsBeforeTheJobIsTakenUpAgain) {
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = {}},
                   {.messages = {JobMessage(v1::Job::CANCELLED)}, .end = {}}};
  EXPECT_EQ(Run().job.state(), v1::Job::CANCELLED);
}

TEST_F(JobWatchTest, StartsAfterTheSequenceAskedFor) {
  options_.after_sequence = 7;
  jobs_.streams = {{.messages = {JobMessage(v1::Job::SUCCEEDED), EventMessage(8)}, .end = {}}};
  Run();
  EXPECT_EQ(jobs_.asked, std::vector<int>{7});
  EXPECT_EQ(recorder_.sequences, std::vector<int>{8});
}

TEST_F(JobWatchTest, AServerThatWasNeverThereIsUnreachableSoon) {
  jobs_.streams.assign(10, {.messages = {}, .end = kBroken});
  EXPECT_EQ(CodeOfFailure(), ExitCode::kUnreachable);
  EXPECT_EQ(jobs_.asked.size(), static_cast<std::size_t>(Connection::kAttempts));
}

TEST_F(JobWatchTest, AServerThatHasAnsweredAnythingIsWaitedFor) {
  server_.connection().Call(&v1::JobService::Stub::GetJob, v1::GetJobRequest());
  jobs_.streams.assign(2 * Connection::kAttempts, {.messages = {}, .end = kBroken});
  jobs_.streams.push_back({.messages = {JobMessage(v1::Job::SUCCEEDED)}, .end = {}});
  EXPECT_EQ(Run().end, WatchEnd::kJobEnded);
}

TEST_F(JobWatchTest, StopsAtTheNewestEventThatThereWas) {
  options_.to_the_end = false;
  v1::WatchJobResponse running = JobMessage(v1::Job::RUNNING);
  running.mutable_job()->set_last_sequence(3);
  v1::WatchJobResponse later = running;
  later.mutable_job()->set_last_sequence(9);  // what came meanwhile is not waited for
  jobs_.streams = {{.messages = {running, EventMessage(1)}, .end = kBroken},
                   {.messages = {later, EventMessage(2), EventMessage(3)}, .end = {}, .hangs = true}};
  const WatchOutcome outcome = Run();
  EXPECT_EQ(outcome.end, WatchEnd::kCaughtUp);
  EXPECT_EQ(outcome.job.state(), v1::Job::RUNNING);
  EXPECT_EQ(recorder_.sequences, (std::vector<int>{1, 2, 3}));
}

TEST_F(JobWatchTest, StopsAtOnceWhereThereIsNothingNew) {
  options_.to_the_end = false;
  options_.after_sequence = 3;
  v1::WatchJobResponse running = JobMessage(v1::Job::RUNNING);
  running.mutable_job()->set_last_sequence(3);
  jobs_.streams = {{.messages = {running}, .end = {}, .hangs = true}};
  EXPECT_EQ(Run().end, WatchEnd::kCaughtUp);
  EXPECT_TRUE(recorder_.sequences.empty());
}

TEST_F(JobWatchTest, AServerThatStaysAwayIsUnreachableInTheEnd) {
  options_.reconnect_for = std::chrono::seconds(0);
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = kBroken}, {.messages = {}, .end = kBroken}};
  EXPECT_EQ(CodeOfFailure(), ExitCode::kUnreachable);
}

TEST_F(JobWatchTest, AServerThatVanishedIsStartedAgain) {
  int starts = 0;
  options_.restart_server = [&starts] { ++starts; };
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = kBroken},
                   {.messages = {}, .end = kBroken},
                   {.messages = {JobMessage(v1::Job::SUCCEEDED)}, .end = {}}};
  EXPECT_EQ(Run().end, WatchEnd::kJobEnded);
  EXPECT_EQ(starts, 2);
}

TEST_F(JobWatchTest, AServerThatCannotBeStartedAgainEndsTheWatch) {
  options_.restart_server = [] { throw Failure(ExitCode::kUnreachable, "no disk"); };
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = kBroken}};
  EXPECT_EQ(CodeOfFailure(), ExitCode::kUnreachable);
  EXPECT_EQ(jobs_.asked.size(), 1U);
}

TEST_F(JobWatchTest, ARefusalIsNoBreak) {
  jobs_.streams = {{.messages = {}, .end = {grpc::StatusCode::NOT_FOUND, "there is no job abc"}}};
  EXPECT_EQ(CodeOfFailure(), ExitCode::kNotFound);
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = {grpc::StatusCode::INTERNAL, "disk"}}};
  EXPECT_EQ(CodeOfFailure(), ExitCode::kRefused);
}

TEST_F(JobWatchTest, TheDeadlineEndsTheWaiting) {
  options_.deadline = std::chrono::system_clock::now() + std::chrono::seconds(2);  // enough for the first message
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = {}, .hangs = true}};
  const WatchOutcome outcome = Run();
  EXPECT_EQ(outcome.end, WatchEnd::kTimedOut);
  EXPECT_EQ(outcome.job.state(), v1::Job::RUNNING);
}

TEST_F(JobWatchTest, AStreamThatEndedForTheDeadlineIsTimedOutWhateverTheClockSays) {
  options_.deadline = std::chrono::system_clock::now() + std::chrono::hours(1);
  jobs_.streams = {
      {.messages = {JobMessage(v1::Job::RUNNING)}, .end = {grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"}}};
  EXPECT_EQ(Run().end, WatchEnd::kTimedOut);
  EXPECT_EQ(jobs_.asked.size(), 1U);
}

TEST_F(JobWatchTest, AServerThatWasNeverThereIsUnreachableAtTheDeadlineToo) {
  options_.deadline = std::chrono::system_clock::now() + std::chrono::seconds(1);
  options_.first_backoff = std::chrono::hours(1);
  jobs_.streams = {{.messages = {}, .end = kBroken}, {.messages = {}, .end = {}, .hangs = true}};
  EXPECT_EQ(CodeOfFailure(), ExitCode::kUnreachable);
}

TEST_F(JobWatchTest, InterruptEndsAnOpenStream) {
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING), EventMessage(1)}, .end = {}, .hangs = true}};
  JobWatch watch(server_.connection(), "jobs/abc", options_);
  std::thread interrupter([&watch] {
    std::this_thread::sleep_for(milliseconds(20));
    watch.Interrupt();
  });
  EXPECT_EQ(watch.Run(recorder_).end, WatchEnd::kInterrupted);
  interrupter.join();
}

TEST_F(JobWatchTest, InterruptEndsTheWaitForAServer) {
  options_.first_backoff = std::chrono::hours(1);
  jobs_.streams = {{.messages = {JobMessage(v1::Job::RUNNING)}, .end = kBroken}};
  JobWatch watch(server_.connection(), "jobs/abc", options_);
  recorder_.on_disconnected = [&watch] { watch.Interrupt(); };
  const WatchOutcome outcome = watch.Run(recorder_);
  EXPECT_EQ(outcome.end, WatchEnd::kInterrupted);
  EXPECT_EQ(outcome.job.name(), "jobs/abc");
}

}  // namespace
}  // namespace modlab::client
