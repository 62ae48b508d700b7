#include "server/jobs/attempt_outcome.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace modlab::server {
namespace {

using modlab::internal::WorkerResult;
using modlab::v1::Job;
using How = AttemptEnd::How;

AttemptFacts Ended(How how, int status = 0) {
  AttemptFacts facts;
  facts.end.emplace();
  facts.end->how = how;
  facts.end->status = status;
  facts.phase = "load";
  facts.spec.mutable_resources()->set_memory_bytes(256 << 20);
  facts.spec.mutable_resources()->mutable_wall_time()->set_seconds(90);
  return facts;
}

AttemptFacts WithResult() {
  AttemptFacts facts = Ended(How::kExited);
  facts.result.emplace();
  facts.result->mutable_result();
  return facts;
}

bool Says(const AttemptOutcome& outcome, const std::string& text) {
  return outcome.error.message().find(text) != std::string::npos;
}

TEST(AttemptOutcome, AResultIsSuccess) { EXPECT_EQ(Decide(WithResult(), {}).state, Job::SUCCEEDED); }

TEST(AttemptOutcome, AnErrorOfTheWorkersIsKeptAsItIs) {
  AttemptFacts facts = Ended(How::kExited);
  facts.result.emplace();
  facts.result->mutable_error()->set_reason(modlab::v1::NO_EDGES);
  facts.result->mutable_error()->set_message("all zero");
  const AttemptOutcome outcome = Decide(facts, {});
  EXPECT_EQ(outcome.state, Job::FAILED);
  EXPECT_EQ(outcome.error.reason(), modlab::v1::NO_EDGES);
  EXPECT_EQ(outcome.error.message(), "all zero");
}

TEST(AttemptOutcome, NoResultOrABadOneFails) {
  EXPECT_EQ(Decide(Ended(How::kExited), {}).error.reason(), modlab::v1::RESULT_INVALID);
  AttemptFacts facts = Ended(How::kExited);
  facts.result_problem = "a label is out of range";
  EXPECT_TRUE(Says(Decide(facts, {}), "a label is out of range"));
}

TEST(AttemptOutcome, SignalsOfTheModelsOwnMakingFailTheJob) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) {
    const AttemptOutcome outcome = Decide(Ended(How::kSignaled, signal), {});
    EXPECT_EQ(outcome.state, Job::FAILED) << signal;
    EXPECT_EQ(outcome.error.reason(), modlab::v1::CRASHED);
    EXPECT_TRUE(Says(outcome, "while loading the model"));
    EXPECT_EQ(outcome.error.metadata().at("signal"), std::to_string(signal));
  }
}

TEST(AttemptOutcome, WhatWasKilledFromOutsideIsTriedThreeTimes) {
  for (const bool recorded : {true, false}) {
    AttemptFacts facts = Ended(How::kSignaled, SIGKILL);
    if (!recorded) facts.end.reset();
    for (const int before : {0, 1}) {
      facts.lost_before = before;
      const AttemptOutcome outcome = Decide(facts, {});
      EXPECT_EQ(outcome.state, Job::QUEUED);
      EXPECT_TRUE(outcome.lost);
    }
    facts.lost_before = 2;
    const AttemptOutcome outcome = Decide(facts, {});
    EXPECT_EQ(outcome.state, Job::FAILED);
    EXPECT_EQ(outcome.error.reason(), modlab::v1::LOST);
  }
}

TEST(AttemptOutcome, WhatWasLostBeforeItBeganSaysSo) {
  AttemptFacts facts;
  EXPECT_EQ(Decide(facts, {}).state, Job::QUEUED);
  EXPECT_NE(Decide(facts, {}).description.find("lost at its start"), std::string::npos);
  facts.begun = true;
  EXPECT_EQ(Decide(facts, {}).description.find("at its start"), std::string::npos);
}

TEST(AttemptOutcome, LimitsSayWhatTheyWere) {
  EXPECT_TRUE(Says(Decide(Ended(How::kTimeLimit), {}), "wall time of 90s"));
  EXPECT_EQ(Decide(Ended(How::kTimeLimit), {}).error.reason(), modlab::v1::TIME_LIMIT);
  EXPECT_TRUE(Says(Decide(Ended(How::kMemoryLimit), {}), "256 MiB"));
  EXPECT_EQ(Decide(Ended(How::kMemoryLimit), {}).error.reason(), modlab::v1::MEMORY_LIMIT);
}

TEST(AttemptOutcome, SignalsOfTheKernelsLimitsAreLimits) {
  EXPECT_EQ(Decide(Ended(How::kSignaled, SIGXFSZ), {}).error.reason(), modlab::v1::DISK_LIMIT);
  EXPECT_EQ(Decide(Ended(How::kSignaled, SIGXCPU), {}).error.reason(), modlab::v1::TIME_LIMIT);
  EXPECT_EQ(Decide(Ended(How::kDiskLimit), {}).error.reason(), modlab::v1::DISK_LIMIT);
  EXPECT_EQ(Decide(Ended(How::kThreadLimit), {}).error.reason(), modlab::v1::THREAD_LIMIT);
}

TEST(AttemptOutcome, AViolationOfTheSandboxNamesTheSystemCall) {
  AttemptFacts facts = Ended(How::kSignaled, SIGSYS);
  facts.last_output = "modlab: the sandbox forbids the system call socket";
  const AttemptOutcome outcome = Decide(facts, {});
  EXPECT_EQ(outcome.error.reason(), modlab::v1::SANDBOX_VIOLATION);
  EXPECT_TRUE(Says(outcome, "socket"));
}

TEST(AttemptOutcome, AWorkerThatIsNotConfinedSaysWhatIsMissing) {
  AttemptFacts facts = Ended(How::kExited, kWorkerSandboxStatus);
  facts.last_output = "Landlock: the kernel has none";
  const AttemptOutcome outcome = Decide(facts, {});
  EXPECT_EQ(outcome.error.reason(), modlab::v1::SANDBOX_INSUFFICIENT);
  EXPECT_TRUE(Says(outcome, "Landlock: the kernel has none"));
}

TEST(AttemptOutcome, WhatWasStoppedForItsNonsenseIsNotTriedAgain) {
  AttemptFacts facts = Ended(How::kCancelled);
  facts.result_problem = "events.log: an event that makes no sense";
  const AttemptOutcome outcome = Decide(facts, {});
  EXPECT_EQ(outcome.state, Job::FAILED);
  EXPECT_EQ(outcome.error.reason(), modlab::v1::RESULT_INVALID);
}

TEST(AttemptOutcome, StoppedWithoutACancellationGoesBackToTheQueueUncounted) {
  for (const AttemptFacts& facts : {Ended(How::kCancelled), Ended(How::kExited, kWorkerCancelledStatus)}) {
    const AttemptOutcome outcome = Decide(facts, {});
    EXPECT_EQ(outcome.state, Job::QUEUED);
    EXPECT_FALSE(outcome.lost);
  }
}

TEST(AttemptOutcome, ATrainingThatWasAskedToEndKeepsItsModelForWhoeverCancelledIt) {
  AttemptFacts facts = WithResult();
  facts.result->mutable_result()->mutable_train()->set_stopped_by("cancelled");
  EXPECT_EQ(Decide(facts, {}).state, Job::QUEUED) << "nobody has: the server stops";
  facts.cancelling = true;
  EXPECT_EQ(Decide(facts, {}).state, Job::SUCCEEDED);
}

TEST(AttemptOutcome, AFullDiskIsNoFaultOfAJobThatWroteLittle) {
  AttemptFacts facts = Ended(How::kExited, kWorkerDiskFullStatus);
  facts.attempts_before = 10;
  EXPECT_EQ(Decide(facts, {}).state, Job::QUEUED);
  EXPECT_FALSE(Decide(facts, {}).lost);
  facts.written_bytes = Limits{}.min_free_bytes;
  EXPECT_TRUE(Decide(facts, {}).lost) << "it may have filled the disk itself";
}

TEST(AttemptOutcome, AWorkerThatAlwaysSaysThatTheDiskIsFullDoesNotComeAgainForEver) {
  AttemptFacts facts = Ended(How::kExited, kWorkerDiskFullStatus);
  facts.attempts_before = 50;
  facts.lost_before = 2;
  EXPECT_EQ(Decide(facts, {}).error.reason(), modlab::v1::LOST);
}

TEST(AttemptOutcome, AWorkerThatAlwaysSaysThatItWasStoppedDoesNotComeAgainForEver) {
  AttemptFacts facts = Ended(How::kExited, kWorkerCancelledStatus);
  facts.attempts_before = 10;
  EXPECT_EQ(Decide(facts, {}).state, Job::QUEUED);
  EXPECT_FALSE(Decide(facts, {}).lost);
  facts.attempts_before = 50;
  EXPECT_TRUE(Decide(facts, {}).lost);
  facts.lost_before = 2;
  EXPECT_EQ(Decide(facts, {}).error.reason(), modlab::v1::LOST);
}

TEST(AttemptOutcome, ACancelledJobIsCancelledHoweverItEnded) {
  for (AttemptFacts facts : {Ended(How::kCancelled), Ended(How::kSignaled, SIGKILL), Ended(How::kTimeLimit)}) {
    facts.cancelling = true;
    EXPECT_EQ(Decide(facts, {}).state, Job::CANCELLED);
  }
  AttemptFacts lost;
  lost.cancelling = true;
  EXPECT_EQ(Decide(lost, {}).state, Job::CANCELLED);
}

TEST(AttemptOutcome, AJobThatWasDoneBeforeItsCancellationArrivedKeepsItsResult) {
  AttemptFacts facts = WithResult();
  facts.cancelling = true;
  EXPECT_EQ(Decide(facts, {}).state, Job::SUCCEEDED);
}

TEST(AttemptOutcome, AMissingWorkerIsNamed) {
  AttemptFacts facts = Ended(How::kStartFailed);
  facts.end->message = "cannot run /x/modlab-worker: No such file or directory";
  EXPECT_TRUE(Says(Decide(facts, {}), "/x/modlab-worker"));
}

}  // namespace
}  // namespace modlab::server
